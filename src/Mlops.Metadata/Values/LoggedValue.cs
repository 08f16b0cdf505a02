using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>A rich value where it stands in its run; its content is read on demand.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Step">The step.</param>
/// <param name="Time">When it was logged, UTC.</param>
/// <param name="Digest">SHA-256 of its content.</param>
public readonly record struct LoggedValue(RichValueKind Kind, long Step, DateTimeOffset Time, Digest Digest);
