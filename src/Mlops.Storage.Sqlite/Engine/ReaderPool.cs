namespace Mlops.Storage.Sqlite;

/// <summary>
/// Sessions for reading, opened when needed and kept. Each reading runs in one transaction and so sees one state; in WAL mode it
/// neither waits for writers nor holds them up.
/// </summary>
internal sealed class ReaderPool(Func<Session> open) : IDisposable
{
    private const int MostIdle = 4;
    private readonly Stack<Session> _idle = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    public T Read<T>(Func<Session, T> read)
    {
        var session = Rent();
        try
        {
            session.Begin.Execute();
            var result = read(session);
            session.Commit.Execute();
            return result;
        }
        finally
        {
            Return(session);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var session in _idle)
                session.Dispose();
            _idle.Clear();
        }
    }

    private Session Rent()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(SqliteMetadataStore));
            if (_idle.TryPop(out var session))
                return session;
        }

        return open();
    }

    private void Return(Session session)
    {
        // after an error the transaction is still open; a session that cannot end it is of no more use
        if (session.InTransaction)
            session.Rollback.Run();
        lock (_gate)
        {
            if (!_disposed && _idle.Count < MostIdle && !session.InTransaction)
            {
                _idle.Push(session);
                return;
            }
        }

        session.Dispose();
    }
}
