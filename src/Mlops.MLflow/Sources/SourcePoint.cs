namespace Mlops.MLflow;

internal readonly record struct SourcePoint(string Key, long Step, long Milliseconds, double Value);
