using SQLitePCL;

namespace Mlops.Storage.Sqlite;

/// <summary>
/// What SQL cannot say by itself: patterns as this SDK defines them, and lists longer than SQLite takes parameters. Both are
/// named by their number in the running query, so that nothing is parsed per row.
/// </summary>
internal sealed class FilterFunctions
{
    public const string Like = "filter_like";
    public const string In = "filter_in";

    private readonly List<LikePattern> _patterns = [];
    private readonly List<HashSet<object>> _lists = [];

    public FilterFunctions(Session session)
    {
        session.Check(raw.sqlite3_create_function(session.Handle, Like, 2, raw.SQLITE_UTF8, null, CallLike));
        session.Check(raw.sqlite3_create_function(session.Handle, In, 2, raw.SQLITE_UTF8, null, CallIn));
    }

    public void Clear()
    {
        _patterns.Clear();
        _lists.Clear();
    }

    public long Add(LikePattern pattern)
    {
        _patterns.Add(pattern);
        return _patterns.Count - 1;
    }

    /// <summary>Adds a list of texts, numbers, microseconds, ids or digests.</summary>
    public long Add(HashSet<object> list)
    {
        _lists.Add(list);
        return _lists.Count - 1;
    }

    private void CallLike(sqlite3_context context, object data, sqlite3_value[] arguments)
    {
        if (raw.sqlite3_value_type(arguments[1]) != raw.SQLITE_TEXT)
        {
            raw.sqlite3_result_null(context);
            return;
        }

        var matches = _patterns[raw.sqlite3_value_int(arguments[0])].IsMatch(raw.sqlite3_value_blob(arguments[1]));
        raw.sqlite3_result_int(context, matches ? 1 : 0);
    }

    private void CallIn(sqlite3_context context, object data, sqlite3_value[] arguments)
    {
        var value = Read(arguments[1]);
        if (value is null)
            raw.sqlite3_result_null(context);
        else
            raw.sqlite3_result_int(context, _lists[raw.sqlite3_value_int(arguments[0])].Contains(value) ? 1 : 0);
    }

    private static object? Read(sqlite3_value value) => raw.sqlite3_value_type(value) switch
    {
        raw.SQLITE_TEXT => System.Text.Encoding.UTF8.GetString(raw.sqlite3_value_blob(value)),
        raw.SQLITE_FLOAT => raw.sqlite3_value_double(value),
        raw.SQLITE_INTEGER => raw.sqlite3_value_int64(value),
        raw.SQLITE_BLOB when raw.sqlite3_value_bytes(value) == RecordId.SizeBytes => RecordId.Read(raw.sqlite3_value_blob(value)),
        raw.SQLITE_BLOB => Digest.Read(raw.sqlite3_value_blob(value)),
        _ => null,
    };
}
