using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Metadata.Tests.Search;

public sealed class ParseFilterTests
{
    private static readonly FakeTimeProvider Clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("", "all()")]
    [InlineData(" \n\t ", "all()")]
    [InlineData("TRUE", "all()")]
    [InlineData("false", "any()")]
    [InlineData("metrics.rmse = 1", "metrics.rmse Equal 1")]
    [InlineData("metrics.rmse!=1", "metrics.rmse NotEqual 1")]
    [InlineData("metric.rmse <> 1", "metrics.rmse NotEqual 1")]
    [InlineData("METRICS.rmse<-.5", "metrics.rmse Less -0.5")]
    [InlineData("metrics.rmse <= 1e-3", "metrics.rmse LessOrEqual 0.001")]
    [InlineData("metrics.rmse > +2E+3", "metrics.rmse Greater 2000")]
    [InlineData("metrics.rmse >= 5.", "metrics.rmse GreaterOrEqual 5")]
    [InlineData("metrics.rmse < inf", "metrics.rmse Less Infinity")]
    [InlineData("metrics.rmse > -Infinity", "metrics.rmse Greater -Infinity")]
    [InlineData("metrics.a.b.c > 0", "metrics.a.b.c Greater 0")]
    [InlineData("metrics.val/loss-2:x > 0", "metrics.val/loss-2:x Greater 0")]
    [InlineData("metrics.`my metric` > 0", "metrics.my metric Greater 0")]
    [InlineData("metrics.\"my `metric\" > 0", "metrics.my `metric Greater 0")]
    [InlineData("metrics.`a``b` > 0", "metrics.a`b Greater 0")]
    [InlineData("metrics.rmse.min > 0", "metrics.rmse.min Greater 0")]
    [InlineData("min(metrics.rmse) > 0", "Min:metrics.rmse Greater 0")]
    [InlineData("MAX( metrics.`r m` ) > 0", "Max:metrics.r m Greater 0")]
    [InlineData("last(metrics.rmse) > 0", "metrics.rmse Greater 0")]
    [InlineData("count(metrics.rmse) > 0", "Count:metrics.rmse Greater 0")]
    [InlineData("last_step(metrics.rmse) > 0", "LastStep:metrics.rmse Greater 0")]
    [InlineData("step_of_min(metrics.rmse) > 0", "MinStep:metrics.rmse Greater 0")]
    [InlineData("step_of_max(metrics.rmse) > 0", "MaxStep:metrics.rmse Greater 0")]
    [InlineData("params.model = 'a'", "params.model Equal 'a'")]
    [InlineData("param.model = \"a\"", "params.model Equal 'a'")]
    [InlineData("parameter.model = 'it''s \"so\"'", "params.model Equal 'it's \"so\"'")]
    [InlineData("parameters.model = \"say \"\"a\"\"\"", "params.model Equal 'say \"a\"'")]
    [InlineData(@"params.model = 'a\'", @"params.model Equal 'a\'")]
    [InlineData("params.trees > 100", "params.trees Greater 100")]
    [InlineData("params.trees > '100'", "params.trees Greater '100'")]
    [InlineData("params.trees IN (100, '200')", "params.trees in [100, '200']")]
    [InlineData("params.model LIKE 'a%'", "params.model Like 'a%'")]
    [InlineData("params.model ilike 'a%'", "params.model LikeIgnoreCase 'a%'")]
    [InlineData("params.model NOT LIKE 'a%'", "not(params.model Like 'a%')")]
    [InlineData("params.model not ilike 'a%'", "not(params.model LikeIgnoreCase 'a%')")]
    [InlineData("params.model IN ('a')", "params.model in ['a']")]
    [InlineData("params.model NOT IN ('a','b')", "not(params.model in ['a', 'b'])")]
    [InlineData("metrics.a BETWEEN 1 AND 2", "all(metrics.a GreaterOrEqual 1, metrics.a LessOrEqual 2)")]
    [InlineData("metrics.a NOT BETWEEN 1 AND 2", "not(all(metrics.a GreaterOrEqual 1, metrics.a LessOrEqual 2))")]
    [InlineData("metrics.a BETWEEN 1 AND 2 AND tags.b = 'c'", "all(all(metrics.a GreaterOrEqual 1, metrics.a LessOrEqual 2), tags.b Equal 'c')")]
    [InlineData("tag.a IS NULL", "missing(tags.a)")]
    [InlineData("tags.a is not null", "not(missing(tags.a))")]
    [InlineData("attributes.status = 'finished'", "status Equal 'FINISHED'")]
    [InlineData("attr.status != 'RUNNING'", "status NotEqual 'RUNNING'")]
    [InlineData("Run.status IN ('failed', 'killed')", "status in ['FAILED', 'KILLED']")]
    [InlineData("status LIKE 'F%'", "status Like 'F%'")]
    [InlineData("run_name = 'a' OR name = 'b'", "any(name Equal 'a', name Equal 'b')")]
    [InlineData("start_time > '2026-01-31'", "start_time Greater 2026-01-31T00:00:00.000000Z")]
    [InlineData("start_time > '2026-01-31 10:20'", "start_time Greater 2026-01-31T10:20:00.000000Z")]
    [InlineData("start_time > '2026-01-31T10:20:30.1234567+02:00'", "start_time Greater 2026-01-31T08:20:30.123456Z")]
    [InlineData("start_time > 1664067852747", "start_time Greater 2022-09-25T01:04:12.747000Z")]
    [InlineData("end_time > now()", "end_time Greater 2026-03-01T12:00:00.000000Z")]
    [InlineData("end_time > NOW() - 7d", "end_time Greater 2026-02-22T12:00:00.000000Z")]
    [InlineData("end_time > now()-1.5h", "end_time Greater 2026-03-01T10:30:00.000000Z")]
    [InlineData("created < now() + 2w", "#Created Less 2026-03-15T12:00:00.000000Z")]
    [InlineData("created BETWEEN now() -90s AND now()+2m", "all(#Created GreaterOrEqual 2026-03-01T11:58:30.000000Z, #Created LessOrEqual 2026-03-01T12:02:00.000000Z)")]
    [InlineData("run_id = '0000000000000000000000000000000A'", "#Id Equal 0000000000000000000000000000000a")]
    [InlineData("parent_run_id IN ('0000000000000000000000000000000a')", "parent in [0000000000000000000000000000000a]")]
    [InlineData("experiment_id != '0000000000000000000000000000000a'", "experiment NotEqual 0000000000000000000000000000000a")]
    [InlineData("experiment ILIKE 'vision/%'", "experiment LikeIgnoreCase 'vision/%'")]
    [InlineData("experiment != 'a'", "not(experiment Equal 'a')")]
    [InlineData("lifecycle = 'active'", "missing(lifecycle)")]
    [InlineData("lifecycle != 'Active'", "not(missing(lifecycle))")]
    [InlineData("lifecycle = 'deleted'", "not(missing(lifecycle))")]
    [InlineData("lifecycle IN ('deleted', 'active')", "any(not(missing(lifecycle)), missing(lifecycle))")]
    [InlineData("notes LIKE '%leak%' AND end_reason = 'lost' AND error IS NULL", "all(notes Like '%leak%', end_reason Equal 'lost', missing(error))")]
    [InlineData("NOT tags.a = 'x' AND tags.b = 'y' OR tags.c = 'z'", "any(all(not(tags.a Equal 'x'), tags.b Equal 'y'), tags.c Equal 'z')")]
    [InlineData("tags.a = 'x' OR tags.b = 'y' AND NOT tags.c = 'z'", "any(tags.a Equal 'x', all(tags.b Equal 'y', not(tags.c Equal 'z')))")]
    [InlineData("tags.a = 'x' AND (tags.b = 'y' OR tags.c = 'z')", "all(tags.a Equal 'x', any(tags.b Equal 'y', tags.c Equal 'z'))")]
    [InlineData("NOT(tags.a = 'x' OR NOT NOT tags.b = 'y')", "not(any(tags.a Equal 'x', not(not(tags.b Equal 'y'))))")]
    [InlineData("((tags.and = 'x'))AND(tags.or='y')", "all(tags.and Equal 'x', tags.or Equal 'y')")]
    [InlineData("tags.x = 'a; DROP TABLE runs --'", "tags.x Equal 'a; DROP TABLE runs --'")]
    public void ParseFilter_runs_makesTheTreeAndRoundTrips(string text, string expected)
    {
        var tree = SearchLanguage.Runs.ParseFilter(text, Clock);
        Assert.Equal(expected, Trees.Show(tree));
        Assert.Equal(expected, Trees.Show(SearchLanguage.Runs.ParseFilter(SearchLanguage.Runs.Format(tree), Clock)));
    }

    [Theory]
    [InlineData("name LIKE 'vision/%' AND tags.team = 'ops'", "all(#Key Like 'vision/%', tags.team Equal 'ops')")]
    [InlineData("experiment.creation_time < 0 AND description IS NULL", "all(#Created Less 1970-01-01T00:00:00.000000Z, missing(description))")]
    [InlineData("experiment_id IN ('0000000000000000000000000000000a') OR lifecycle = 'deleted'", "any(#Id in [0000000000000000000000000000000a], not(missing(lifecycle)))")]
    public void ParseFilter_experiments_makesTheTree(string text, string expected)
    {
        var tree = SearchLanguage.Experiments.ParseFilter(text, Clock);
        Assert.Equal(expected, Trees.Show(tree));
        Assert.Equal(expected, Trees.Show(SearchLanguage.Experiments.ParseFilter(SearchLanguage.Experiments.Format(tree), Clock)));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("metrics.auc desc", "metrics.auc DESC")]
    [InlineData("metrics.auc DESC, start_time ASC,max(metrics.`a b`)", "metrics.auc DESC, start_time, max(metrics.`a b`)")]
    [InlineData("attribute.end_time, params.x, run_id desc", "end_time, params.x, run_id DESC")]
    public void ParseOrder_text_comesBack(string text, string expected) =>
        Assert.Equal(expected, SearchLanguage.Runs.Format(SearchLanguage.Runs.ParseOrder(text)));

    [Fact]
    public void Builder_saysWhatTextSays()
    {
        var time = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);
        var id = new RunId(new RecordId(10));
        var filter = RunFilter.Metric("auc").IsGreater(0.6)
            & (RunFilter.Param("model").IsIn("a", "b") | !RunFilter.NumericParam("trees").IsBetween(1, 5))
            & RunFilter.StartTime.IsAtLeast(time) & RunFilter.Name.IsLikeIgnoreCase("x%") & RunFilter.Notes.IsPresent()
            & RunFilter.ParentId.IsMissing() & RunFilter.Id.IsNot(id) & RunFilter.Experiment.IsLike("v/%")
            & RunFilter.Metric("auc", SeriesAggregate.Min).IsLess(1) & RunFilter.Tag("t").Is("u") & RunFilter.Stage(LifecycleStage.Deleted);
        const string Text = "metrics.auc > 0.6 AND (params.model IN ('a', 'b') OR params.trees NOT BETWEEN 1 AND 5) "
            + "AND start_time >= '2026-01-31T00:00:00Z' AND run_name ILIKE 'x%' AND notes IS NOT NULL AND parent IS NULL "
            + "AND run_id != '0000000000000000000000000000000a' AND experiment LIKE 'v/%' AND min(metrics.auc) < 1 AND tags.t = 'u' AND lifecycle = 'deleted'";
        Assert.Equal(Text, SearchLanguage.Runs.Format(filter));
        Assert.Equal(Trees.Show(filter), Trees.Show(SearchLanguage.Runs.ParseFilter(Text)));
    }

    [Fact]
    public void Format_whatNoTextSays_isRefused()
    {
        Filter[] unspeakable =
        [
            new Filter.IsMissing(Operand.Field("unknown")),
            new Filter.IsMissing(Operand.Series("other.x")),
            RunFilter.Metric("m").Is(double.NaN),
            RunFilter.Id.IsLess(new RunId(new RecordId(1))),
            new Filter.Compare(Operand.Field("tags.a"), FilterOperator.Equal, FieldValue.Number(1)),
            new Filter.Compare(Operand.Field("lifecycle"), FilterOperator.Equal, FieldValue.Text("deleted")),
        ];
        foreach (var filter in unspeakable)
            Assert.Throws<ArgumentException>(() => SearchLanguage.Runs.Format(filter));
        Assert.Throws<ArgumentException>(() => SearchLanguage.Runs.Format([new RecordOrder(Operand.Field("unknown"))]));
    }
}
