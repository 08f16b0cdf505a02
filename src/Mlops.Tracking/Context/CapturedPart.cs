using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>What one provider told, or why it did not.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Values">What it told, without secrets.</param>
/// <param name="Problem">Why it told nothing; null if it did.</param>
internal sealed record CapturedPart(string Provider, IReadOnlyList<RunContextValue> Values, string? Problem = null);
