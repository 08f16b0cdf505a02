namespace Mlops.Benchmarks.Search;

/// <summary>The runs as one row each, which no store that takes any key could keep: the best that a database can do.</summary>
internal interface IWideTable : IAsyncDisposable
{
    /// <summary>Runs a prepared statement with <c>$x</c>, reads every column of every row and returns how many rows there are.</summary>
    Task<int> QueryAsync(string sql, double x);
}
