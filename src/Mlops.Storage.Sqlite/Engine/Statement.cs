using System.Buffers;
using System.Text;
using SQLitePCL;

namespace Mlops.Storage.Sqlite;

/// <summary>
/// One SQL statement, compiled at its first use. Who creates it disposes it; a session does so for those of
/// <see cref="Session.Prepare"/>. All SQL of this assembly runs through it: the raw
/// handle costs a fraction of an ADO.NET command, and there is one place where errors are translated.
/// </summary>
internal sealed class Statement(Session session, string sql) : IDisposable
{
    private const int StackBytes = 512;
    private sqlite3_stmt? _handle;

    internal sqlite3_stmt Handle => _handle ?? Prepare();

    public Statement Bind(int index, long value)
    {
        session.Check(raw.sqlite3_bind_int64(Handle, index, value));
        return this;
    }

    /// <summary>Binds a number; SQLite turns NaN into NULL.</summary>
    public Statement Bind(int index, double value)
    {
        session.Check(raw.sqlite3_bind_double(Handle, index, value));
        return this;
    }

    public Statement Bind(int index, RecordId value)
    {
        Span<byte> bytes = stackalloc byte[RecordId.SizeBytes];
        value.Write(bytes);
        return Bind(index, bytes);
    }

    public Statement Bind(int index, Digest value)
    {
        Span<byte> bytes = stackalloc byte[Digest.SizeBytes];
        value.Write(bytes);
        return Bind(index, bytes);
    }

    public Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        // an empty span would arrive as a null pointer, which is NULL
        session.Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(Handle, index, 0)
            : raw.sqlite3_bind_blob(Handle, index, value));
        return this;
    }

    public Statement Bind(int index, string? value)
    {
        if (value is null)
            return BindNull(index);
        if (value.Length == 0)
        {
            session.Check(raw.sqlite3_bind_text(Handle, index, ""));
            return this;
        }

        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        var buffer = most <= StackBytes ? stackalloc byte[StackBytes] : rented = ArrayPool<byte>.Shared.Rent(most);
        var length = Encoding.UTF8.GetBytes(value, buffer);
        session.Check(raw.sqlite3_bind_text(Handle, index, (ReadOnlySpan<byte>)buffer[..length]));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return this;
    }

    public Statement Bind(int index, long? value) => value is { } some ? Bind(index, some) : BindNull(index);

    public Statement BindNull(int index)
    {
        session.Check(raw.sqlite3_bind_null(Handle, index));
        return this;
    }

    /// <summary>Opens the rows; the statement is reset when they are disposed.</summary>
    public Rows Query() => new(this);

    /// <summary>Runs a statement whose rows do not matter.</summary>
    public void Execute()
    {
        var code = Run();
        if (code is not (raw.SQLITE_DONE or raw.SQLITE_ROW))
            throw session.Failure(code);
    }

    /// <summary>Runs one step and resets; the extended result code is for the caller to judge.</summary>
    public int Run()
    {
        var code = raw.sqlite3_step(Handle);
        Reset();
        return code;
    }

    internal bool Step()
    {
        var code = raw.sqlite3_step(Handle);
        return code switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            _ => throw session.Failure(code),
        };
    }

    // returns the error of the last step once more, which has been reported by then
    internal void Reset() => _ = raw.sqlite3_reset(Handle);

    public void Dispose()
    {
        _handle?.Dispose();
        _handle = null;
    }

    private sqlite3_stmt Prepare()
    {
        session.Check(raw.sqlite3_prepare_v3(session.Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle));
        return _handle = handle;
    }
}
