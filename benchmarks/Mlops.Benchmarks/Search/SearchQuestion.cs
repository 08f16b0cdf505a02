using System.Diagnostics;
using Mlops.Metadata;

namespace Mlops.Benchmarks.Search;

/// <summary>One question to both sides. The constant moves a little from call to call, so that no answer can be kept.</summary>
/// <param name="Name">What is asked.</param>
/// <param name="X">The constant.</param>
/// <param name="Query">The question to the catalog.</param>
/// <param name="Whole">Whether the runs come with all their values, or as ids.</param>
/// <param name="Phrasings">The question as SQL with <c>$x</c>; the fastest counts.</param>
internal sealed record SearchQuestion(string Name, double X, Func<double, RunQuery> Query, bool Whole, params string[] Phrasings)
{
    private const int Calls = 40;
    private int _call;

    public async Task<double> AskOursAsync(SearchStores stores)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++)
        {
            var query = Query(Next());
            Check(Whole ? (await stores.Runs.QueryAsync(query)).Runs.Count : (await stores.Runs.QueryIdsAsync(query)).Ids.Count);
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / Calls;
    }

    public async Task<double> AskTableAsync(SearchStores stores, string sql)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++)
            Check(await stores.Table.QueryAsync(sql, Next()));
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / Calls;
    }

    private double Next() => X * (1 + (++_call % 97 * 1e-4));

    private void Check(int count)
    {
        if (count != 100)
            throw new InvalidOperationException($"'{Name}' found {count} runs, not 100.");
    }
}
