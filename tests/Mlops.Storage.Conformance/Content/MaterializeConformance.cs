using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class ContentConformance
{
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(20_000_000)]
    public async Task Materialize_makes_a_read_only_file_in_place_of_another(int size)
    {
        var bytes = Random(size);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var path = Path.Combine(Folder, "out", "deep", "model.bin");
        List<long> seen = [];
        await _content.MaterializeAsync(digest, path, progress: new Reports(seen));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path));
        Assert.True(File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly));
        Assert.Equal(size, seen.LastOrDefault());

        File.SetAttributes(path, FileAttributes.Normal);
        await File.WriteAllTextAsync(path, "something else");
        File.SetAttributes(path, FileAttributes.ReadOnly);
        await _content.MaterializeAsync(digest, path);
        await _content.MaterializeAsync(digest, path);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [SkippableFact]
    public async Task Materialize_interrupted_goes_on_where_it_was()
    {
        var bytes = Random(30_000_000);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var path = Path.Combine(Folder, "out", "model.bin");
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _content.MaterializeAsync(
            digest, path, progress: new Until(20_000_000, cancel), cancellationToken: cancel.Token));
        Assert.False(File.Exists(path));
        var partial = Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));

        // a bit that flipped meanwhile, and what comes after it, is fetched again
        await using (var file = new FileStream(partial, FileMode.Open))
        {
            Assert.True(file.Length >= 20_000_000);
            file.Position = 15_000_000;
            file.WriteByte((byte)(bytes[15_000_000] ^ 1));
        }

        List<long> seen = [];
        await _content.MaterializeAsync(digest, path, progress: new Reports(seen));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path));
        Assert.InRange(seen[0], 14_000_000, 17_000_000);
    }

    [SkippableFact]
    public async Task Materialize_interrupted_before_its_last_step_is_gone_on_with()
    {
        var bytes = Random(3_000_000);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var path = Path.Combine(Folder, "out", "model.bin");
        Directory.CreateDirectory(path);
        await Assert.ThrowsAnyAsync<SystemException>(() => _content.MaterializeAsync(digest, path));

        // nobody but root may write to a read-only file
        var partial = Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
        Assert.False(File.GetAttributes(partial).HasFlag(FileAttributes.ReadOnly));
        Directory.Delete(path);
        await _content.MaterializeAsync(digest, path);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path));
        Assert.True(File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly));
    }

    [SkippableFact]
    public async Task Materialize_damaged_content_leaves_the_path_as_it_was()
    {
        var digest = (await _content.PutAsync(Random(5_000_000))).Digest;
        var info = Assert.Single(await ObjectsAsync());
        var pack = await ReadObjectAsync(info.Name);
        pack[2_500_000] ^= 1;
        await ReplaceAsync(info.Name, pack);
        var path = Path.Combine(Folder, "model.bin");
        await File.WriteAllTextAsync(path, "older");
        var error = await Assert.ThrowsAsync<IntegrityException>(() => _content.MaterializeAsync(digest, path));
        Assert.Contains(info.Name.Value, error.Message, StringComparison.Ordinal);
        Assert.Equal("older", await File.ReadAllTextAsync(path));
        await Assert.ThrowsAsync<NotFoundException>(() => _content.MaterializeAsync(Digest.Of("absent"u8), path));
    }

    [SkippableFact]
    public async Task Materialize_bytes_that_arrive_wrong_once_are_read_again()
    {
        var bytes = Random(12_000_000);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var path = Path.Combine(Folder, "model.bin");
        List<long> seen = [];
        await new ContentStore(new OnceWrongObjects(Objects), _index, Time).MaterializeAsync(digest, path, progress: new Reports(seen));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path));
        Assert.Equal(seen.Order(), seen);
        Assert.Empty(await _content.CheckAsync([digest]).ToListAsync());
    }

    [SkippableFact]
    public async Task Materialize_from_a_cache_shares_a_checked_file()
    {
        var bytes = Random(3_000_000);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var cache = Path.Combine(Folder, "cache");
        var options = new MaterializeOptions { CacheFolder = cache };
        await _content.MaterializeAsync(digest, Path.Combine(Folder, "a"), options);
        await _content.MaterializeAsync(digest, Path.Combine(Folder, "b"), options with { UsesHardLinks = true });
        var cached = Assert.Single(Directory.GetFiles(cache, "*", SearchOption.AllDirectories));
        File.SetAttributes(cached, FileAttributes.Normal);
        await File.WriteAllBytesAsync(cached, Random(3_000_000, 2));

        // the linked file was changed with it; both are put right
        Assert.NotEqual(bytes, await File.ReadAllBytesAsync(Path.Combine(Folder, "b")));
        await _content.MaterializeAsync(digest, Path.Combine(Folder, "b"), options with { UsesHardLinks = true });
        await _content.MaterializeAsync(digest, Path.Combine(Folder, "c"), options);
        foreach (var name in new[] { "a", "b", "c" })
            Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(Folder, name)));
        await Assert.ThrowsAsync<ArgumentException>(() => _content.MaterializeAsync(digest, "x", new MaterializeOptions { UsesHardLinks = true }));
    }

    [SkippableFact]
    public async Task Materialize_from_a_cache_cancelled_ends_and_leaves_nothing()
    {
        var digest = (await _content.PutAsync(Random(20_000_000))).Digest;
        var options = new MaterializeOptions { CacheFolder = Path.Combine(Folder, "cache") };
        await _content.MaterializeAsync(digest, Path.Combine(Folder, "a"), options);
        using var cancel = new CancellationTokenSource();
        var path = Path.Combine(Folder, "out", "b");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _content.MaterializeAsync(digest, path, options, new Until(5_000_000, cancel), cancel.Token));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [SkippableFact]
    public async Task Materialize_from_a_cache_that_somebody_writes_to_meanwhile_is_right_all_the_same()
    {
        var bytes = Random(20_000_000);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var options = new MaterializeOptions { CacheFolder = Path.Combine(Folder, "cache") };
        await _content.MaterializeAsync(digest, Path.Combine(Folder, "a"), options);
        var cached = Assert.Single(Directory.GetFiles(options.CacheFolder, "*", SearchOption.AllDirectories));
        var hasWritten = false;
        await _content.MaterializeAsync(digest, Path.Combine(Folder, "b"), options, new At(_ =>
        {
            if (hasWritten)
                return;
            hasWritten = true;
            File.SetAttributes(cached, FileAttributes.Normal);
            using var file = new FileStream(cached, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            file.Position = 19_000_000;
            file.WriteByte((byte)(bytes[19_000_000] ^ 1));
        }));
        Assert.True(hasWritten);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(Folder, "b")));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Materialize_what_is_not_there_or_all_damaged_leaves_no_file(bool isDamaged)
    {
        var digest = Digest.Of("absent"u8);
        if (isDamaged)
        {
            digest = (await _content.PutAsync(Random(1000))).Digest;
            var info = Assert.Single(await ObjectsAsync());
            var pack = await ReadObjectAsync(info.Name);
            pack[500] ^= 1;
            await ReplaceAsync(info.Name, pack);
        }

        var path = Path.Combine(Folder, "out", "model.bin");
        var error = await Assert.ThrowsAnyAsync<MlopsException>(() => _content.MaterializeAsync(digest, path));
        Assert.IsType(isDamaged ? typeof(IntegrityException) : typeof(NotFoundException), error);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Making_a_file_deletes_what_others_have_left_there_and_nothing_else(bool isCopy)
    {
        var digest = (await _content.PutAsync(Random(1000))).Digest;
        var (hex, other) = (new string('a', 32), Digest.Of("other"u8));
        var folder = Directory.CreateDirectory(Path.Combine(Folder, "out")).FullName;
        var cache = Path.Combine(Folder, "cache");
        List<string> gone = [Path.Combine(folder, $".~{hex}"), Path.Combine(folder, $".~{other}.partial")];
        List<string> kept =
        [
            Path.Combine(folder, $".~{new string('b', 32)}"),
            Path.Combine(folder, $".~{new string('c', 32)}"),
            .. new[] { $".~{hex[1..]}", $".~{hex.ToUpperInvariant()}", $".~{hex}.partial", $".~{other}", $"~{hex}", "model.bin.partial", ".~notes" }.Select(n => Path.Combine(folder, n)),
        ];
        if (!isCopy)
            gone.Add(Path.Combine(Directory.CreateDirectory(Path.Combine(cache, other.ToString()[..2])).FullName, $".~{other}.partial"));
        foreach (var path in gone.Concat(kept))
        {
            await File.WriteAllTextAsync(path, "left");
            File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(path == kept[0] ? -23 : -25));
        }

        var target = Path.Combine(folder, "target");
        await using (new FileStream(kept[1], FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            if (isCopy)
                await _content.CopyToFileAsync(digest, target);
            else
                await _content.MaterializeAsync(digest, target, new MaterializeOptions { CacheFolder = cache });
        }

        Assert.Equal(kept.Append(target).Order(StringComparer.Ordinal), Directory.GetFiles(folder).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(gone, File.Exists);
    }

    [SkippableTheory]
    [InlineData(1000, false)]
    [InlineData(3_000_000, false)]
    [InlineData(3_000_000, true)]
    public async Task Materialize_twice_at_once_makes_the_file_once(int size, bool isEndedEarly)
    {
        var bytes = Random(size);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var options = new MaterializeOptions { CacheFolder = Path.Combine(Folder, "cache") };
        using var first = new CancellationTokenSource();
        using var third = new CancellationTokenSource();
        var reads = 0;
        var others = new ContentStore(
            new WrongObjects(Objects, _ =>
            {
                reads++;
                return null;
            }),
            _index,
            Time);
        List<Task> waiting = [];
        var store = new ContentStore(
            new WrongObjects(Objects, read =>
            {
                if (read != 1)
                    return null;

                // here the first has the file open
                waiting.Add(others.MaterializeAsync(digest, Path.Combine(Folder, "b"), options));
                waiting.Add(others.MaterializeAsync(digest, Path.Combine(Folder, "c"), options, cancellationToken: third.Token));
                third.Cancel();
                if (isEndedEarly)
                    first.Cancel();
                return null;
            }),
            _index,
            Time);
        var making = Record.ExceptionAsync(() => store.MaterializeAsync(digest, Path.Combine(Folder, "a"), options, cancellationToken: first.Token));
        Assert.Equal(isEndedEarly, await making is OperationCanceledException);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[1]);
        await waiting[0];
        Assert.Equal(isEndedEarly, reads > 0);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(Folder, "b")));
        Assert.Single(Directory.GetFiles(options.CacheFolder, "*", SearchOption.AllDirectories));
    }

    private sealed class At(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }

    private sealed class Until(long bytes, CancellationTokenSource cancel) : IProgress<long>
    {
        public void Report(long value)
        {
            if (value >= bytes)
                cancel.Cancel();
        }
    }
}
