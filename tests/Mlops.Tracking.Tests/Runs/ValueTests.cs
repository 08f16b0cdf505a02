using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Runs;

public sealed class ValueTests
{
    [Fact]
    public async Task LogAsync_valuesByStep_areReadBackAsTheyWere()
    {
        await using var rig = new Rig();
        var tracker = rig.Open();
        await using var run = await tracker.StartRunAsync("e");
        var matrix = new ConfusionMatrix(["a", "b"], [[1, 2], [3, 4]]);
        for (var step = 0; step < 3; step++)
            await run.LogAsync("answers", new TextValue($"answer {step}"), step);
        await run.LogAsync("answers", matrix, step: 2);
        await run.CompleteAsync();

        var found = await rig.Runs.ListValuesAsync(run.Id);
        Assert.Equal(
            [new RichSeries(RichValueKind.Text, "answers", 3, 0, 2), new RichSeries(RichValueKind.ConfusionMatrix, "answers", 1, 2, 2)], found);
        var texts = await rig.Runs.StreamValuesAsync(run.Id, RichValueKind.Text, "answers").ToListAsync();
        Assert.Equal([0, 1, 2], texts.Select(t => t.Step));
        Assert.Equal(new TextValue("answer 1"), await rig.Runs.ReadValueAsync(texts[1]));
        var read = Assert.IsType<ConfusionMatrix>(await rig.Runs.ReadValueAsync(
            (await rig.Runs.StreamValuesAsync(run.Id, RichValueKind.ConfusionMatrix, "answers").ToListAsync()).Single()));
        Assert.Equal(matrix.Counts, read.Counts);
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task LogAsync_storeAway_valuesArriveWhenItIsBack()
    {
        await using var rig = new Rig();
        var tracker = rig.Open();
        rig.Store.IsAway = true;
        await using var run = await tracker.StartRunAsync("e");
        await run.LogAsync("t", new TextValue("offline"), step: 5);
        run.LogMetric("m", 1);

        rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(tracker);

        Assert.Equal([5], (await rig.Runs.StreamValuesAsync(run.Id, RichValueKind.Text, "t").ToListAsync()).Select(v => v.Step));
        await rig.AssertValuesAsync(run.Id, "m", 1);
    }

    [Fact]
    public async Task LogAsync_manyAtOnce_areAllThere()
    {
        await using var rig = new Rig();
        await using var run = await rig.Open().StartRunAsync("e");
        await Parallel.ForAsync(0, 200, async (i, token) => await run.LogAsync("t", new TextValue($"{i % 50}"), i, cancellationToken: token));
        await run.CompleteAsync();

        var values = await rig.Runs.StreamValuesAsync(run.Id, RichValueKind.Text, "t").ToListAsync();
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), values.Select(v => v.Step).Order());
        Assert.Equal(50, values.Select(v => v.Digest).Distinct().Count());
    }

    [Fact]
    public async Task ListValuesAsync_fork_hasThoseOfItsSourceUpToTheStep()
    {
        await using var rig = new Rig();
        var tracker = rig.Open();
        await using var source = await tracker.StartRunAsync("e");
        for (var step = 0; step < 4; step++)
            await source.LogAsync("t", new TextValue($"{step}"), step);
        await source.CompleteAsync();
        await using var fork = await tracker.ForkRunAsync(source.Id, 1);
        await fork.LogAsync("t", new TextValue("mine"), 2);
        await fork.CompleteAsync();

        Assert.Equal(new RichSeries(RichValueKind.Text, "t", 3, 0, 2), (await rig.Runs.ListValuesAsync(fork.Id)).Single());
        Assert.Equal([0, 1, 2], (await rig.Runs.StreamValuesAsync(fork.Id, RichValueKind.Text, "t").ToListAsync()).Select(v => v.Step));
    }

    [Fact]
    public async Task LogAsync_badInput_isRefusedAndTheRunGoesOn()
    {
        await using var rig = new Rig();
        await using var run = await rig.Open().StartRunAsync("e");
        await Assert.ThrowsAsync<ArgumentException>(() => run.LogAsync("", new TextValue("x")));
        var large = await Assert.ThrowsAsync<ArgumentException>(() => run.LogAsync("t", new TextValue(new string('x', RichValue.MaxBytes + 1))));
        Assert.Contains("log it as an artifact", large.Message, StringComparison.Ordinal);
        await run.LogAsync("t", new TextValue("fine"));
        await run.CompleteAsync();

        Assert.Single(await rig.Runs.ListValuesAsync(run.Id));
        await Assert.ThrowsAsync<InvalidOperationException>(() => run.LogAsync("t", new TextValue("late")));
    }

    [Fact]
    public async Task ReadValueAsync_contentGone_saysSo()
    {
        await using var rig = new Rig();
        await using var run = await rig.Open().StartRunAsync("e");
        await run.LogAsync("t", new TextValue("x"));
        await run.CompleteAsync();
        var value = (await rig.Runs.StreamValuesAsync(run.Id, RichValueKind.Text, "t").ToListAsync()).Single();
        Directory.Delete(rig.Folder["objects"], recursive: true);

        await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.ReadValueAsync(value));
    }
}
