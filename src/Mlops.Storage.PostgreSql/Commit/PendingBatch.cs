namespace Mlops.Storage.PostgreSql;

/// <summary>A batch that waits for its turn. It is either taken into a transaction or cancelled, never both.</summary>
internal sealed class PendingBatch(Batch batch)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Withdrawn = 2;
    private int _state;

    public Batch Batch { get; } = batch;

    public BatchResult? Result { get; set; }

    public Exception? Error { get; set; }

    public bool IsDone => Result is not null || Error is not null;

    /// <summary>Takes the batch for a transaction; false if it was withdrawn.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>Gives the batch back before anything of it was sent to be committed.</summary>
    public void Release() => Volatile.Write(ref _state, Waiting);

    /// <summary>Withdraws the batch; false if a transaction has taken it.</summary>
    public bool TryWithdraw() => Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) == Waiting;
}
