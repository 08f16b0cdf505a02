using System.Runtime.InteropServices;

namespace Mlops.Storage.Sqlite;

/// <summary>
/// The calls of which a commit makes hundreds, straight into the library that the driver has loaded: through the driver each of
/// them counts references to its handle, which costs more than the call. The others go through the driver.
/// </summary>
internal static partial class Native
{
    /// <summary>The library of Microsoft.Data.Sqlite.</summary>
    public const string Library = "e_sqlite3";

    // the bytes are copied by the call
    private const nint Transient = -1;

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    [SuppressGCTransition]
    public static partial int BindInt64(nint statement, int index, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_double")]
    [SuppressGCTransition]
    public static partial int BindDouble(nint statement, int index, double value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_null")]
    [SuppressGCTransition]
    public static partial int BindNull(nint statement, int index);

    public static int BindBlob(nint statement, int index, ReadOnlySpan<byte> value) => BindBlob(statement, index, value, value.Length, Transient);

    public static int BindText(nint statement, int index, ReadOnlySpan<byte> utf8) => BindText(statement, index, utf8, utf8.Length, Transient);

    /// <summary>Runs until the next row or the end.</summary>
    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    public static partial int Step(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_reset")]
    public static partial int Reset(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_type")]
    [SuppressGCTransition]
    public static partial int ColumnType(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_int64")]
    [SuppressGCTransition]
    public static partial long ColumnInt64(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_double")]
    [SuppressGCTransition]
    public static partial double ColumnDouble(nint statement, int column);

    /// <summary>The bytes of a blob, or of a text in UTF-8; valid until the next step.</summary>
    public static unsafe ReadOnlySpan<byte> ColumnBytes(nint statement, int column)
    {
        // in this order: the first call may turn the value to another form
        var start = ColumnBlob(statement, column);
        return new ReadOnlySpan<byte>((void*)start, ColumnLength(statement, column));
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_column_blob")]
    [SuppressGCTransition]
    private static partial nint ColumnBlob(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_bytes")]
    [SuppressGCTransition]
    private static partial int ColumnLength(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_blob")]
    private static partial int BindBlob(nint statement, int index, ReadOnlySpan<byte> value, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")]
    private static partial int BindText(nint statement, int index, ReadOnlySpan<byte> utf8, int length, nint destructor);
}
