namespace Mlops.Storage;

/// <summary>A piece of garbage.</summary>
/// <param name="What">A content, or an object that no content is in.</param>
/// <param name="SizeBytes">Its size; of a content, before compression and sharing.</param>
/// <param name="State">How far it is.</param>
/// <param name="Why">Why it is garbage and what it waits for, in one sentence.</param>
public sealed record GarbageItem(string What, long SizeBytes, GarbageState State, string Why)
{
    /// <summary>All of it in one line.</summary>
    public override string ToString() => $"{What}, {SizeBytes} bytes: {State}, {Why}";
}
