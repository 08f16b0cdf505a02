using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class ActiveRun
{
    /// <summary>
    /// Logs a value that is more than a number: a text, picture, table, histogram, curve and so on. When the task ends its content
    /// is durable and the point that refers to it is in the journal, so it outlives the process. Many may be logged at once.
    /// </summary>
    /// <param name="key">1 to 250 characters, no control characters.</param>
    /// <param name="value">The value; at most <see cref="RichValue.MaxBytes"/> when encoded.</param>
    /// <param name="step">The step; 0 if there is none. A step may be logged more than once.</param>
    /// <param name="time">When; now if null. Kept in microseconds, UTC.</param>
    /// <param name="cancellationToken">Cancels; then nothing is logged.</param>
    /// <exception cref="ArgumentException">The key is not allowed, or the value is too large.</exception>
    /// <exception cref="StorageUnavailableException">The object store takes nothing.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public async Task LogAsync(
        string key, RichValue value, long step = 0, DateTimeOffset? time = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        _ = ValueSeries.NameOf(value.Kind, key);
        ThrowIfClosed();
        var at = time ?? _time.GetUtcNow();
        var bytes = value.Encode();
        if (bytes.Length > RichValue.MaxBytes)
            throw new ArgumentException($"The {value.Kind} '{key}' has {bytes.Length:N0} bytes, and {RichValue.MaxBytes:N0} are the most; log it as an artifact.", nameof(value));
        var stored = await _tracker.Content.PutAsync(bytes, cancellationToken).ConfigureAwait(false);
        if (!_tracker.WriteValue(ValueSeries.Logged(Id, value.Kind, key, step, at, stored.Digest)))
            CountDropped();
    }
}
