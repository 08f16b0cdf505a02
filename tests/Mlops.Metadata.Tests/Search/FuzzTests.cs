using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Metadata.Tests.Search;

public sealed class FuzzTests
{
    private const string Odd = "'\"`()=<>!,.;-+ \0\n\r\t\\%_/*#@€ａ＇\u202e\ud83d\ude00";

    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly FakeTimeProvider Clock = new(Now);

    private static readonly string[] Seeds =
    [
        "metrics.auc > 0.6 AND params.model = 'a'",
        "NOT (min(metrics.`a b`) BETWEEN -1e3 AND inf OR tags.x IS NOT NULL)",
        "start_time > now() - 7d AND end_time <= '2026-01-31T10:20:30Z' OR created = 1664067852747",
        "status IN ('FINISHED', 'FAILED') AND lifecycle = 'deleted' AND experiment NOT LIKE 'vision/%'",
        "run_id != '0000000000000000000000000000000a' OR params.\"p\"\"q\" ILIKE '%it''s%' AND name = \"\"",
        "params.a NOT IN (1, 2.5, 'x') AND NOT NOT attributes.notes < 'b' OR TRUE",
        "params.note = '''; DROP TABLE records; --' OR tags.`\"; SELECT 1` = '/* x */'",
    ];

    private static readonly string[] Pieces =
    [
        "AND", "OR", "NOT", "(", ")", "IN", "BETWEEN", "LIKE", "IS", "NULL", "metrics.a", "params.b", "tags.c", "start_time", "status", "now()",
        "- 7d", "=", "!=", "<", "'x'", "1", "-inf", "nan", ",", "`k`", "min(", "TRUE", "lifecycle", "experiment", "''", ".", "1e999", "--", ";",
    ];

    private static readonly Gen<string> Key = Gen.OneOf(AnyOf("a", "a.b", "it's", "`", "ü b", "AND", "\ud83d\ude00"), Gen.String[Gen.Char['!', '~'], 1, 9]);

    private static readonly Gen<string> Text = Gen.OneOf(AnyOf("", "'", "''", "\"", "%_", "a;--", "\0"), Gen.String);

    private static readonly Gen<double> Number = Gen.OneOf(Gen.Double.Where(d => !double.IsNaN(d)), AnyOf(0.0, -0.0, double.PositiveInfinity, double.NegativeInfinity, 1e300));

    private static readonly Gen<RecordId> Id = Gen.ULong[1, ulong.MaxValue].Select(i => new RecordId(i));

    private static readonly Gen<DateTimeOffset> Instant = Gen.Long[-60_000_000_000_000_000, 250_000_000_000_000_000].Select(Microseconds.ToTime);

    private static readonly Gen<Filter> Condition = Gen.OneOf(
        Gen.Select(Key, Gen.Enum<SeriesAggregate>(), Number, Number).Select((k, a, x, y) => (x < y ? RunFilter.Metric(k, a).IsBetween(x, y) : RunFilter.Metric(k, a).IsNot(x))),
        Gen.Select(Key, Number.Array[1, 3], Gen.Bool).Select((k, xs, less) => less ? RunFilter.NumericParam(k).IsLess(xs[0]) : RunFilter.NumericParam(k).IsIn(xs)),
        Gen.Select(Key, Text, Gen.Int[0, 4]).Select((k, t, i) => i switch
        {
            0 => RunFilter.Param(k).IsLike(t),
            1 => RunFilter.Tag(k).IsLikeIgnoreCase(t),
            2 => RunFilter.Tag(k).IsMissing(),
            3 => RunFilter.Param(k).IsIn(t, "x"),
            _ => RunFilter.Tag(k).IsAtLeast(t),
        }),
        Gen.Select(Instant, Id, Text, Gen.Int[0, 7]).Select((time, id, t, i) => i switch
        {
            0 => RunFilter.StartTime.IsGreater(time),
            1 => RunFilter.Created.IsIn(time, Now),
            2 => RunFilter.Id.IsNot(new RunId(id)),
            3 => RunFilter.ParentId.IsIn(new RunId(id)),
            4 => RunFilter.Experiment.Is(t),
            5 => RunFilter.Stage(LifecycleStage.Deleted),
            6 => RunFilter.Status(RunStatus.Killed),
            _ => RunFilter.Error.IsPresent(),
        }));

    private static readonly Gen<Filter> Tree = Gen.Recursive<Filter>((depth, self) => depth > 5 ? Condition : Gen.OneOf(
        Condition,
        self.Select(f => !f),
        self.Array[2, 4].Select(f => (Filter)new Filter.AllOf(f)),
        self.Array[2, 4].Select(f => (Filter)new Filter.AnyOf(f)),
        AnyOf<Filter>(new Filter.AllOf([]), new Filter.AnyOf([]))));

    [Fact]
    public void Format_randomTrees_comeBack() => Tree.Sample(
        tree => Assert.Equal(Trees.Show(tree), Trees.Show(SearchLanguage.Runs.ParseFilter(SearchLanguage.Runs.Format(tree)))),
        print: Trees.Show,
        seed: "0000KtgHTpj3",
        iter: 20_000);

    [Fact]
    public void ParseFilter_aMillionRandomAndMutatedTexts_giveATreeOrASyntaxError()
    {
        var parsed = new int[2];
        Parallel.For(0, 2, half =>
        {
            var random = new Random(20260301 + half);
            for (var i = 0; i < 500_000; i++)
            {
                var text = MakeText(random);
                if (TryParse(text) is not { } filter)
                    continue;
                parsed[half]++;
                if (i % 16 == 0)
                    Assert.Equal(Trees.Show(filter), Trees.Show(SearchLanguage.Runs.ParseFilter(SearchLanguage.Runs.Format(filter), Clock)));
            }
        });
        Assert.InRange(parsed.Sum(), 50_000, 900_000);
    }

    [Fact]
    public async Task SearchAsync_mutatedTextsThatParse_runAndChangeNothing()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        await rig.CommitAsync(RunRecord.Logged(run, [RunRecord.Param("model", "a", null), RunRecord.Tag("x", "'; DROP TABLE records; --")]));
        var random = new Random(5);
        for (var ran = 0; ran < 3_000;)
        {
            var text = MakeText(random);
            if (TryParse(text) is null)
                continue;
            Assert.InRange((await rig.Runs.SearchAsync(text)).Runs.Count, 0, 1);
            ran++;
        }

        Assert.Equal(run, Assert.Single((await rig.Runs.SearchAsync("tags.x = '''; DROP TABLE records; --'")).Runs).Id);
        Assert.Empty((await rig.Runs.SearchAsync("tags.x = 'x' OR tags.y = ''' OR 1=1 --'")).Runs);
    }

    private static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Filter? TryParse(string text)
    {
        try
        {
            return SearchLanguage.Runs.ParseFilter(text, Clock);
        }
        catch (FilterSyntaxException e)
        {
            Assert.InRange(e.Position, 0, text.Length);
            return null;
        }
    }

    private static string MakeText(Random random)
    {
        var text = new StringBuilder();
        switch (random.Next(4))
        {
            case 0:
                for (var n = random.Next(12); n >= 0; n--)
                    text.Append(random.Next(2) == 0 ? Odd[random.Next(Odd.Length)] : (char)random.Next(random.Next(8) == 0 ? 0x10000 : 0x80));
                break;
            case 1:
                for (var n = random.Next(10); n >= 0; n--)
                    text.Append(Pieces[random.Next(Pieces.Length)]).Append(random.Next(6) == 0 ? "" : " ");
                break;
            default:
                Mutate(text.Append(Seeds[random.Next(Seeds.Length)]), random);
                break;
        }

        return text.ToString();
    }

    private static void Mutate(StringBuilder text, Random random)
    {
        for (var n = random.Next(3); n >= 0 && text.Length > 0; n--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(5))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(1, 6), text.Length - at));
                    break;
                case 1:
                    text.Insert(at, Odd[random.Next(Odd.Length)]);
                    break;
                case 2:
                    text[at] = (char)random.Next(0x80);
                    break;
                case 3:
                    text.Append(random.Next(2) == 0 ? " AND " : " OR NOT ").Append(Seeds[random.Next(Seeds.Length)]);
                    break;
                default:
                    text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
            }
        }
    }
}
