namespace Mlops.Tracking;

/// <summary>What a rule has seen since its watch began. Called by one thread at a time.</summary>
internal interface IRuleState
{
    /// <summary>Takes a point; the reason if the rule now finds something, else null.</summary>
    string? Observe(long step, double value);
}
