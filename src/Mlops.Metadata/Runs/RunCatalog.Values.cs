using System.Runtime.CompilerServices;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <content>Rich values: pictures, tables, curves and the like. A fork has those of its source up to the step of the fork.</content>
public sealed partial class RunCatalog
{
    /// <summary>The rich values of a run by key, then kind.</summary>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<IReadOnlyList<RichSeries>> ListValuesAsync(RunId run, CancellationToken cancellationToken = default)
    {
        Dictionary<(RichValueKind, string), RichSeries> found = [];
        foreach (var (owner, range) in await ListPartsAsync(run, cancellationToken).ConfigureAwait(false))
        {
            foreach (var series in await _store.ListSeriesAsync([owner], cancellationToken).ConfigureAwait(false))
            {
                if (ValueSeries.Parse(series) is not { } name || await SpanAsync(series, range, cancellationToken).ConfigureAwait(false) is not { Count: > 0 } span)
                    continue;
                var before = found.GetValueOrDefault(name);
                found[name] = new RichSeries(
                    name.Kind,
                    name.Key,
                    span.Count + (before?.Count ?? 0),
                    Math.Min(span.FirstStep, before?.FirstStep ?? long.MaxValue),
                    Math.Max(span.LastStep, before?.LastStep ?? long.MinValue));
            }
        }

        return [.. found.Values.OrderBy(v => v.Key, StringComparer.Ordinal).ThenBy(v => v.Kind)];
    }

    /// <summary>Where the values of a key stand, by step as they are stored; empty if there are none.</summary>
    /// <exception cref="ArgumentException">The id is <c>default</c>, or the key is not allowed.</exception>
    public async IAsyncEnumerable<LoggedValue> StreamValuesAsync(
        RunId run, RichValueKind kind, string key, SeriesRange? range = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var name = ValueSeries.NameOf(kind, key);
        var asked = range ?? SeriesRange.All;
        foreach (var (owner, part) in await ListPartsAsync(run, cancellationToken).ConfigureAwait(false))
        {
            var within = asked with { LastStep = Math.Min(asked.LastStep, part.LastStep) };
            await foreach (var chunk in _store.ReadSeriesAsync(owner, name, within, cancellationToken).ConfigureAwait(false))
            {
                for (var i = 0; i < chunk.Count; i++)
                    yield return new LoggedValue(kind, chunk.Steps.Span[i], Microseconds.ToTime(chunk.Times.Span[i]), chunk.Digests.Span[i]);
            }
        }
    }

    /// <summary>Reads a value; its bytes are checked against their digest.</summary>
    /// <exception cref="NotFoundException">Its content is not in the store.</exception>
    /// <exception cref="IntegrityException">Its content is damaged.</exception>
    public async Task<RichValue> ReadValueAsync(LoggedValue value, CancellationToken cancellationToken = default)
    {
        var stream = await _content.OpenReadAsync(value.Digest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            if (stream.Length > RichValue.MaxBytes)
                throw new IntegrityException($"Content {value.Digest} has {stream.Length:N0} bytes and is no {value.Kind}.");
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            try
            {
                return RichValue.Decode(value.Kind, bytes);
            }
            catch (FormatException e)
            {
                throw new IntegrityException($"Content {value.Digest}: {e.Message}", e);
            }
        }
    }

    private async Task<(long Count, long FirstStep, long LastStep)> SpanAsync(SeriesInfo series, SeriesRange range, CancellationToken cancellationToken)
    {
        var whole = series.Summary;
        if (whole.LastStep <= range.LastStep)
            return (whole.Count, whole.FirstStep, whole.LastStep);
        var (count, last) = (0L, long.MinValue);
        await foreach (var chunk in _store.ReadSeriesAsync(series.Owner, series.Name, range, cancellationToken).ConfigureAwait(false))
        {
            count += chunk.Count;
            foreach (var step in chunk.Steps.Span)
                last = Math.Max(last, step);
        }

        return (count, whole.FirstStep, last);
    }
}
