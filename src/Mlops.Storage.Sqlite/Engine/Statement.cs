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
    private nint _pointer;

    /// <summary>The compiled statement, for calls through the driver.</summary>
    internal sqlite3_stmt Handle => _handle ?? Prepare();

    /// <summary>The same, for <see cref="Native"/>; valid until this is disposed.</summary>
    internal nint Pointer
    {
        get
        {
            if (_handle is null)
                Prepare();
            return _pointer;
        }
    }

    public Statement Bind(int index, long value)
    {
        session.Check(Native.BindInt64(Pointer, index, value));
        return this;
    }

    /// <summary>Binds a number; SQLite turns NaN into NULL.</summary>
    public Statement Bind(int index, double value)
    {
        session.Check(Native.BindDouble(Pointer, index, value));
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
            : Native.BindBlob(Pointer, index, value));
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
        session.Check(Native.BindText(Pointer, index, buffer[..length]));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return this;
    }

    public Statement Bind(int index, long? value) => value is { } some ? Bind(index, some) : BindNull(index);

    public Statement BindNull(int index)
    {
        session.Check(Native.BindNull(Pointer, index));
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
        var code = Native.Step(Pointer);
        Reset();
        return code;
    }

    internal bool Step()
    {
        var code = Native.Step(Pointer);
        return code switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            _ => throw session.Failure(code),
        };
    }

    // returns the error of the last step once more, which has been reported by then
    internal void Reset() => _ = Native.Reset(Pointer);

    public void Dispose()
    {
        _handle?.Dispose();
        _handle = null;
    }

    private sqlite3_stmt Prepare()
    {
        session.Check(raw.sqlite3_prepare_v3(session.Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle));
        _pointer = handle.DangerousGetHandle();
        return _handle = handle;
    }
}
