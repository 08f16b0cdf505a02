namespace FlightDelays;

/// <summary>How far a training is, and how good the model is by now.</summary>
internal readonly record struct Checkpoint(int Trees, double TestAuc);
