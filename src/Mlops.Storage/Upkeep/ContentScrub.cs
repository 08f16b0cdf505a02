using System.Runtime.CompilerServices;
using System.Text;

namespace Mlops.Storage;

/// <summary>Reads stored objects against their digests, so many bytes at a time, going on where the last scrub ended.</summary>
internal sealed class ContentScrub(PackedContents contents, WholeObjects whole)
{
    private const string PositionKey = "scrub/position";
    private const int MostProblems = 1000;
    private readonly List<string> _problems = [];
    private readonly HashSet<Digest> _withoutFooter = [];
    private long _objects;
    private long _bytes;
    private long _untold;

    public async Task<ScrubReport> RunAsync(long budgetBytes, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var cell = await contents.Index.Store.FindCellAsync(PositionKey, cancellationToken).ConfigureAwait(false);
        var position = cell is null ? "" : Encoding.UTF8.GetString(cell.Value.Span);
        var isComplete = true;
        await foreach (var (name, sizeBytes, checkAsync) in ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (string.CompareOrdinal(name.Value, position) <= 0)
                continue;
            if (_bytes >= budgetBytes)
            {
                isComplete = false;
                break;
            }

            await checkAsync().ConfigureAwait(false);
            position = name.Value;
            _objects++;
            _bytes += sizeBytes;
            progress?.Report(_bytes);
        }

        await CheckWithoutFooterAsync(cancellationToken).ConfigureAwait(false);
        if (isComplete)
            await CheckMissingAsync(cancellationToken).ConfigureAwait(false);
        await contents.Index.CommitAsync(
            [new CellWrite { Key = PositionKey, Value = Encoding.UTF8.GetBytes(isComplete ? "" : position) }], cancellationToken).ConfigureAwait(false);
        if (_untold > 0)
            _problems.Add($"{_untold} more");
        return new ScrubReport(_objects, _bytes, isComplete, _problems);
    }

    /// <summary>All objects by name, and how each is checked.</summary>
    private async IAsyncEnumerable<(ObjectName Name, long SizeBytes, Func<Task> CheckAsync)> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var pack in contents.Packs.ListAsync(cancellationToken).ConfigureAwait(false))
            yield return (PackStore.NameOf(pack.Name), pack.SizeBytes, () => CheckAsync(pack.Name, entries: null, cancellationToken));
        await foreach (var content in whole.ListAsync(cancellationToken).ConfigureAwait(false))
            yield return (WholeObjects.NameOf(content.Digest), content.SizeBytes, () => CheckAsync(content.Digest, cancellationToken));
    }

    /// <param name="pack">The pack.</param>
    /// <param name="entries">What it holds; null if its footer says that.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private async Task CheckAsync(Digest pack, IReadOnlyList<PackEntry>? entries, CancellationToken cancellationToken)
    {
        IReadOnlyList<PackEntry>? damaged = null;

        // what arrives wrong is asked for once more, since lines can fail too: the footer, and then the entries that it tells
        for (var (reads, looks) = (0, 0); reads < 2 + looks && looks < 2 && damaged is not []; reads++)
        {
            if (await contents.Packs.TryReadAsync(pack, cancellationToken).ConfigureAwait(false) is not { } bytes)
                return; // collected since it was listed
            entries ??= PackFooter.TryReadFrom(bytes, pack);
            damaged = (damaged ?? entries)?.Where(e => !PackReader.IsSound(e, bytes)).ToList();
            looks += entries is null ? 0 : 1;
        }

        if (entries is null)
        {
            _withoutFooter.Add(pack);
            return;
        }

        await QuarantineAsync(pack, damaged!, "damaged", cancellationToken).ConfigureAwait(false);

        // what was only out of reach, such as on a disk that was not mounted, leaves the quarantine
        await MarkAsync(pack, entries.Except(damaged!), isDamaged: false, cancellationToken).ConfigureAwait(false);
    }

    private async Task CheckAsync(Digest content, CancellationToken cancellationToken)
    {
        // what is in packs too was stored again, and waits for a collection
        if (await whole.IsSoundAsync(content, cancellationToken).ConfigureAwait(false) is false
            && !await contents.IsKeptAsync(content, cancellationToken).ConfigureAwait(false))
        {
            Report($"Object '{WholeObjects.NameOf(content)}' in '{contents.Packs.Location}' is damaged; store the content again.");
        }
    }

    private void Report(string problem)
    {
        if (_problems.Count < MostProblems)
            _problems.Add(problem);
        else
            _untold++;
    }

    /// <summary>The entries can be sound all the same, and the index knows those that anybody needs.</summary>
    private async Task CheckWithoutFooterAsync(CancellationToken cancellationToken)
    {
        if (_withoutFooter.Count == 0)
            return;
        Dictionary<Digest, List<PackEntry>> packs = [];
        await foreach (var part in contents.Index.ListAllAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var pack in part.Where(e => _withoutFooter.Contains(e.Pack)).GroupBy(e => e.Pack, e => e.Entry))
                (packs.TryGetValue(pack.Key, out var known) ? known : packs[pack.Key] = []).AddRange(pack);
        }

        foreach (var (pack, entries) in packs)
        {
            Report($"The footer of object '{PackStore.NameOf(pack)}' is damaged; its entries are checked by the index, and the next collection of garbage packs them anew.");
            await contents.Index.CommitAsync([PackRewriting.Wish(pack)], cancellationToken).ConfigureAwait(false);
            await CheckAsync(pack, entries, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Finds packs that the index names and that are not there.</summary>
    private async Task CheckMissingAsync(CancellationToken cancellationToken)
    {
        HashSet<Digest> there = [];
        HashSet<Digest> missing = [];
        await foreach (var pack in contents.Packs.ListAsync(cancellationToken).ConfigureAwait(false))
            there.Add(pack.Name);
        await foreach (var part in contents.Index.ListAllAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var pack in part.Where(e => !there.Contains(e.Pack)).GroupBy(e => e.Pack, e => e.Entry))
            {
                // one that was put since is not in the list, but it is there
                if (!missing.Contains(pack.Key) && await contents.Packs.FindAsync(pack.Key, cancellationToken).ConfigureAwait(false) is not null)
                {
                    there.Add(pack.Key);
                    continue;
                }

                missing.Add(pack.Key);
                await QuarantineAsync(pack.Key, [.. pack], "missing", cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task QuarantineAsync(Digest pack, IReadOnlyList<PackEntry> entries, string how, CancellationToken cancellationToken)
    {
        foreach (var entry in await MarkAsync(pack, entries, isDamaged: true, cancellationToken).ConfigureAwait(false))
        {
            var what = entry.Kind == PackEntryKind.Chunk ? "chunk" : "content";
            Report($"Object '{PackStore.NameOf(pack)}' in '{contents.Packs.Location}' is {how}, and with it {what} {entry.Digest}; store the content again.");
        }
    }

    /// <summary>Says in the index what is damaged, and returns those entries for which it still names this pack.</summary>
    private async Task<IReadOnlyList<PackEntry>> MarkAsync(Digest pack, IEnumerable<PackEntry> entries, bool isDamaged, CancellationToken cancellationToken)
    {
        List<PackEntry> marked = [];
        foreach (var kinds in entries.GroupBy(e => e.Kind))
        {
            var known = await contents.Index.FindAsync(kinds.Key, kinds.Select(e => e.Digest), cancellationToken).ConfigureAwait(false);
            var here = known.Values.Where(e => e.Pack == pack).ToList();
            marked.AddRange(here.Select(e => e.Entry));
            await contents.Index.CommitUnchangedAsync(
                [.. here.Where(e => e.IsDamaged != isDamaged).Select(e => (e with { IsDamaged = isDamaged }).ToWrite(e.Version))], cancellationToken).ConfigureAwait(false);
        }

        return marked;
    }
}
