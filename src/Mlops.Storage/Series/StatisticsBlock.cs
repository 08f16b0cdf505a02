namespace Mlops.Storage;

/// <summary>Statistics of one block as they are stored: its steps, and the extremes at their steps.</summary>
internal readonly record struct StatisticsBlock(
    long FirstStep, long LastStep, int Count, int NanCount, double Min, long MinStep, double Max, long MaxStep, double Sum);
