namespace Mlops.Storage;

/// <summary>
/// How far the target has the feed of one source, kept in a cell of the target and written with what it covers. Each write
/// expects the version before it, so that two copies of one source at a time cannot both go on.
/// </summary>
internal sealed class CopyMark
{
    private readonly string _key;
    private long _version;

    private CopyMark(RecordId source, Cell? cell)
    {
        _key = $"copy/{source}";
        _version = cell?.Version ?? 0;
        if (cell is null)
            return;
        var reader = new WireReader(cell.Value, "mark of a copy");
        Position = reader.Int64();
        Kinds = [.. reader.List(reader.Text)];
    }

    /// <summary>The position in the source's feed up to which its records are in the target.</summary>
    public long Position { get; set; }

    /// <summary>The kinds of all records that came from the source.</summary>
    public SortedSet<string> Kinds { get; } = new(StringComparer.Ordinal);

    public static async Task<CopyMark> ReadAsync(IMetadataStore target, RecordId source, CancellationToken cancellationToken) =>
        new(source, await target.FindCellAsync($"copy/{source}", cancellationToken).ConfigureAwait(false));

    public CellWrite ToWrite()
    {
        var writer = new WireWriter(256);
        writer.Int64(Position);
        writer.List<string>([.. Kinds], writer.Text);
        return new CellWrite { Key = _key, Value = writer.Written.ToArray(), ExpectedVersion = _version };
    }

    /// <summary>Learns the version that the cell has after a commit.</summary>
    public async Task LearnAsync(IMetadataStore target, CancellationToken cancellationToken) =>
        _version = (await target.FindCellAsync(_key, cancellationToken).ConfigureAwait(false))?.Version ?? 0;
}
