using System.Text;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Runs;

public sealed class ArtifactTests : RigTest
{
    [Fact]
    public async Task LogArtifactAsync_file_isThereUnderItsOwnOrTheGivenName()
    {
        await File.WriteAllTextAsync(Local["model.zip"], "weights");
        await Run.LogArtifactAsync(Local["model.zip"]);
        await Run.LogArtifactAsync(Local["model.zip"], "models/./v1/best model.zip");
        Assert.Equal(["model.zip", "models/v1/best model.zip"], (await ListAsync()).Select(a => a.Path.Value));
        Assert.Equal("weights", await ReadAsync("model.zip"));
        Assert.Equal("weights", await ReadAsync("models/v1/best model.zip"));
        Assert.All(await ListAsync(), a => Assert.Equal((Run.Id, 7L, DigestOf("weights")), (a.Run, a.SizeBytes, a.Digest)));
    }

    [Fact]
    public async Task LogArtifactAsync_folder_keepsNestedNames()
    {
        Directory.CreateDirectory(Local["out/a/b"]);
        Directory.CreateDirectory(Local["out/empty"]);
        await File.WriteAllTextAsync(Local["out/readme.txt"], "r");
        await File.WriteAllTextAsync(Local["out/a/b/ü 100%.txt"], "u");
        await File.WriteAllTextAsync(Local["out/a/.hidden"], "h");
        List<long> told = [];
        await Run.LogArtifactAsync(Local["out/"], progress: new Told(told));
        await Run.LogArtifactAsync(Local["out"], "copy");
        Assert.Equal(
            ["copy/a/.hidden", "copy/a/b/ü 100%.txt", "copy/readme.txt", "out/a/.hidden", "out/a/b/ü 100%.txt", "out/readme.txt"],
            (await ListAsync()).Select(a => a.Path.Value));
        Assert.Equal("u", await ReadAsync("out/a/b/ü 100%.txt"));
        Assert.Equal(3, told[^1]);
        Assert.Equal(told.Order(), told);
    }

    [Fact]
    public async Task LogArtifactAsync_folderOfHundreds_isLoggedWhole()
    {
        Directory.CreateDirectory(Local["many"]);
        for (var i = 0; i < 450; i++)
            await File.WriteAllTextAsync(Local[$"many/{i:D3}"], $"{i % 10}");
        await Run.LogArtifactAsync(Local["many"]);
        Assert.Equal(Enumerable.Range(0, 450).Select(i => $"many/{i:D3}"), (await ListAsync()).Select(a => a.Path.Value));
    }

    [Fact]
    public async Task LogArtifactAsync_linkToAFolder_isNotFollowedInACircle()
    {
        Directory.CreateDirectory(Local["tree/a"]);
        await File.WriteAllTextAsync(Local["tree/a/f"], "f");
        Directory.CreateSymbolicLink(Local["tree/a/loop"], Local["tree"]);
        await Run.LogArtifactAsync(Local["tree"]);
        Assert.Equal(["tree/a/f"], (await ListAsync()).Select(a => a.Path.Value));
    }

    [Fact]
    public async Task LogArtifactAsync_stream_isTakenFromItsPositionAndNotDisposed()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("skipped, taken")) { Position = 9 };
        await Run.LogArtifactAsync(stream, "s.txt");
        Assert.True(stream.CanRead);
        Assert.Equal("taken", await ReadAsync("s.txt"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("résumé 𝄞\r\n")]
    public async Task LogTextAsync_text_isUtf8(string text)
    {
        await Run.LogTextAsync(text, "notes/n.txt");
        await Run.FlushAsync();
        await using var stream = await Rig.Runs.OpenArtifactAsync(Run.Id, "notes/n.txt");
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        Assert.Equal(Encoding.UTF8.GetBytes(text), bytes.ToArray());
    }

    [Fact]
    public async Task LogArtifactAsync_emptyFile_isKept()
    {
        await File.WriteAllBytesAsync(Local["empty"], []);
        await Run.LogArtifactAsync(Local["empty"]);
        var artifact = Assert.Single(await ListAsync());
        Assert.Equal((0L, DigestOf("")), (artifact.SizeBytes, artifact.Digest));
        Assert.Equal("", await ReadAsync("empty"));
    }

    [Fact]
    public async Task LogArtifactAsync_samePathTwice_showsTheNewest()
    {
        await Run.LogTextAsync("old", "f");
        await Run.LogTextAsync("new", "f");
        Assert.Equal("new", await ReadAsync("f"));
        Assert.Equal(DigestOf("new"), Assert.Single(await ListAsync()).Digest);
    }

    [Fact]
    public async Task LogArtifactAsync_threeMebibytes_comesBackByteForByte()
    {
        var bytes = new byte[3 << 20];
        new Random(3).NextBytes(bytes);
        await File.WriteAllBytesAsync(Local["large"], bytes);
        await Run.LogArtifactAsync(Local["large"]);
        using var stream = new MemoryStream(bytes);
        await Run.LogArtifactAsync(stream, "again");
        await Run.FlushAsync();
        await Rig.Runs.DownloadArtifactAsync(Run.Id, "large", Local["back/large"]);
        await Rig.Runs.DownloadArtifactAsync(Run.Id, "again", Local["back/again"]);
        foreach (var name in (string[])["back/large", "back/again"])
        {
            var back = await File.ReadAllBytesAsync(Local[name]);
            Assert.True(bytes.AsSpan().SequenceEqual(back), name);
        }
    }

    [Fact]
    public async Task LogArtifactAsync_cancelled_logsNothing()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await File.WriteAllTextAsync(Local["f"], "x");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Run.LogArtifactAsync(Local["f"], cancellationToken: stop.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Run.LogTextAsync("x", "g", stop.Token));
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task LogArtifactAsync_missingFile_namesItAndTheRun()
    {
        var missing = await Assert.ThrowsAsync<FileNotFoundException>(() => Run.LogArtifactAsync(Local["nowhere.zip"]));
        Assert.Equal(Local["nowhere.zip"], missing.FileName);
        Assert.Contains("nowhere.zip", missing.Message, StringComparison.Ordinal);
        Assert.Contains(Run.Id.ToString(), missing.Message, StringComparison.Ordinal);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task OpenArtifactAsync_noSuchPath_saysWhatToDo()
    {
        var missing = await Assert.ThrowsAsync<NotFoundException>(() => Rig.Runs.OpenArtifactAsync(Run.Id, "x/y"));
        Assert.Contains("'x/y'", missing.Message, StringComparison.Ordinal);
        Assert.Contains("ListArtifactsAsync", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogArtifactAsync_percentEncodedPath_isLiteral()
    {
        await Run.LogTextAsync("x", "%2e%2e/%2Fetc");
        Assert.Equal(["%2e%2e/%2Fetc"], (await ListAsync()).Select(a => a.Path.Value));
    }

    private async Task<IReadOnlyList<Artifact>> ListAsync()
    {
        await Run.FlushAsync();
        return await Rig.Runs.ListArtifactsAsync(Run.Id);
    }

    private async Task<string> ReadAsync(string path)
    {
        await Run.FlushAsync();
        using var reader = new StreamReader(await Rig.Runs.OpenArtifactAsync(Run.Id, path));
        return await reader.ReadToEndAsync();
    }

    private static Digest DigestOf(string text) => Digest.Of(Encoding.UTF8.GetBytes(text));

    private sealed class Told(List<long> values) : IProgress<long>
    {
        public void Report(long value) => values.Add(value);
    }
}
