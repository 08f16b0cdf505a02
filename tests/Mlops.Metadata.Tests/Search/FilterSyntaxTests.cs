using Mlops.Storage;

namespace Mlops.Metadata.Tests.Search;

public sealed class FilterSyntaxTests
{
    [Theory]
    [InlineData("strat_time > 5", 0, "start_time")]
    [InlineData("Start_Time > 5", 0, "start_time")]
    [InlineData("attributes.statu = 'FAILED'", 11, "status")]
    [InlineData("metrics.a > 1 AND mertics.b > 2", 18, "metrics")]
    [InlineData("status = 'FINSHED'", 9, "FINISHED")]
    [InlineData("lifecycle = 'delted'", 12, "deleted")]
    [InlineData("metrics.a == 1", 10, "=")]
    [InlineData("metrics.a => 1", 10, ">=")]
    [InlineData("metrics.a > 1 && metrics.b > 1", 14, "AND")]
    [InlineData("metrics.a > 1 ADN metrics.b > 1", 14, "AND")]
    [InlineData("tags.a LKIE 'x'", 7, "LIKE")]
    [InlineData("mim(metrics.a) > 1", 0, "min")]
    [InlineData("tags.a = x", 9, "'x'")]
    [InlineData("tags.a = 5", 9, "'5'")]
    [InlineData("tags.a IS NUL", 10, "NULL")]
    [InlineData("rmse > 1", 0, null)]
    [InlineData("metrics.a > '1'", 12, null)]
    [InlineData("metrics.a > nan", 12, null)]
    [InlineData("metrics.a > 1e999", 12, null)]
    [InlineData("metrics.a > 7d", 12, null)]
    [InlineData("metrics.a > - 5", 12, null)]
    [InlineData("metrics.a LIKE 'x'", 10, null)]
    [InlineData("metrics.a >", 11, null)]
    [InlineData("metrics.a", 9, null)]
    [InlineData("metrics. > 1", 8, null)]
    [InlineData("metrics.a@b > 1", 9, null)]
    [InlineData("params.a BETWEEN 1 AND 'x'", 23, null)]
    [InlineData("params.a NOT = 1", 13, null)]
    [InlineData("params.a IN ()", 13, null)]
    [InlineData("params.a IN ('x'", 16, null)]
    [InlineData("params.a = 'x", 11, null)]
    [InlineData("params.`a = 'x'", 7, null)]
    [InlineData("(params.a = 'x'", 15, null)]
    [InlineData("params.a = 'x')", 14, null)]
    [InlineData("params.a = 'x' AND", 18, null)]
    [InlineData("params.a = 'x'; DELETE", 14, null)]
    [InlineData("AND", 0, null)]
    [InlineData("status > 'FAILED'", 7, null)]
    [InlineData("experiment < 'a'", 11, null)]
    [InlineData("run_id < '0000000000000000000000000000000a'", 7, null)]
    [InlineData("run_id = 'abc'", 9, null)]
    [InlineData("start_time > '2026-13-01'", 13, null)]
    [InlineData("start_time > 1.5", 13, null)]
    [InlineData("start_time > 99999999999999999", 13, null)]
    [InlineData("start_time > now() - 7y", 21, null)]
    [InlineData("start_time > now() - 365001d", 21, null)]
    [InlineData("start_time LIKE '2026%'", 11, null)]
    [InlineData("lifecycle IS NULL", 10, null)]
    [InlineData("min(params.a) > 1", 4, null)]
    [InlineData("datasets.name = 'x'", 0, null)]
    [InlineData("metrics.a > 1 \0", 14, null)]
    [InlineData("tags.ａ＝'x'", 6, null)]
    public void ParseFilter_malformed_saysWhereAndWhatWasMeant(string text, int position, string? suggestion)
    {
        var error = Assert.Throws<FilterSyntaxException>(() => SearchLanguage.Runs.ParseFilter(text));
        Assert.Equal((position, suggestion), (error.Position, error.Suggestion));
        var lines = error.Message.Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal(position, lines[2].IndexOf('^', StringComparison.Ordinal) - 2);
        if (suggestion is not null)
            Assert.Contains($"Did you mean '{suggestion}'?", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Message_showsThePlace() => Assert.Equal(
        "'x' is no status (position 9). Expected one of 'RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'.\n  status = 'x'\n           ^",
        Assert.Throws<FilterSyntaxException>(() => SearchLanguage.Runs.ParseFilter("status = 'x'")).Message);

    [Theory]
    [InlineData("experiment", 0)]
    [InlineData("start_time, lifecycle", 12)]
    [InlineData("start_time,", 11)]
    [InlineData("start_time DOWN", 11)]
    [InlineData("start_time 'x'", 11)]
    public void ParseOrder_malformed_saysWhere(string text, int position) =>
        Assert.Equal(position, Assert.Throws<FilterSyntaxException>(() => SearchLanguage.Runs.ParseOrder(text)).Position);

    [Fact]
    public void Experiments_haveNoMetrics() =>
        Assert.Contains("Experiments have no 'metrics'", Assert.Throws<FilterSyntaxException>(
            () => SearchLanguage.Experiments.ParseFilter("metrics.a > 1")).Message, StringComparison.Ordinal);

    [Fact]
    public void Limits_whatParsesIsTakenByAQuery()
    {
        AssertLimit(n => string.Concat(Enumerable.Repeat("NOT ", n)) + "tags.a = 'x'", SearchLanguage.MaxDepth - 1);
        AssertLimit(n => new string('(', n) + "tags.a = 'x'" + new string(')', n), SearchLanguage.MaxDepth);
        AssertLimit(n => string.Join(" OR ", Enumerable.Repeat("name='x'", n)), SearchLanguage.MaxConditions - 1);
        AssertLimit(n => "tags.a = '" + new string('x', n) + "'", SearchLanguage.MaxLength - 11);
        Assert.Throws<FilterSyntaxException>(() => SearchLanguage.Runs.ParseFilter(new string('(', SearchLanguage.MaxLength)));
        Assert.Throws<FilterSyntaxException>(() => SearchLanguage.Runs.ParseOrder(string.Join(',', Enumerable.Repeat("name", SearchLanguage.MaxOrders + 1))));

        static void AssertLimit(Func<int, string> text, int most)
        {
            var filter = SearchLanguage.Runs.ParseFilter(text(most));
            QueryValidator.Validate(new RecordQuery { Kind = "run", Filter = new Filter.AllOf([filter, filter is Filter.AnyOf ? new Filter.AllOf([]) : filter]) });
            Assert.Throws<FilterSyntaxException>(() => SearchLanguage.Runs.ParseFilter(text(most + 1)));
        }
    }
}
