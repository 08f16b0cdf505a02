using System.Runtime.CompilerServices;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <content>Reads what runs logged as text.</content>
public sealed partial class RunCatalog
{
    /// <summary>The lines of a run's log in the order in which they reached the store: of one process, the order in which it logged them.</summary>
    /// <param name="run">The run; nothing comes of one that is not there.</param>
    /// <param name="query">Which lines; all by default.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentException">The id is <c>default</c>, or a number of the query is negative.</exception>
    public IAsyncEnumerable<LogLine> ReadLogAsync(RunId run, LogQuery? query = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(run);
        query ??= new LogQuery();
        ArgumentOutOfRangeException.ThrowIfNegative(query.AfterPosition, nameof(query));
        ArgumentOutOfRangeException.ThrowIfNegative(query.Last ?? 0, nameof(query));
        return StreamLogAsync(run, query, cancellationToken);
    }

    private async IAsyncEnumerable<LogLine> StreamLogAsync(RunId run, LogQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var position = query.AfterPosition;
        if (query.Last is { } last)
        {
            var series = await _store.ListSeriesAsync([run.Value], cancellationToken).ConfigureAwait(false);
            position = Math.Max(position, (series.FirstOrDefault(s => s.Name == LogRecord.Series)?.Position ?? 0) - last);
        }

        var range = new SeriesRange { AfterPosition = position };
        await foreach (var chunk in _store.ReadSeriesAsync(run.Value, LogRecord.Series, range, cancellationToken).ConfigureAwait(false))
        {
            for (var i = 0; i < chunk.Count; i++)
            {
                var line = LogRecord.Read(chunk.Texts.Span[i], Microseconds.ToTime(chunk.Times.Span[i]), ++position);
                if (line.Level >= query.MinLevel)
                    yield return line;
            }
        }
    }
}
