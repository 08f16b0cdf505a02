using Mlops.Storage.Conformance;

namespace Mlops.Storage.Tests.Content;

public sealed class ContentStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ContentStore _store;

    public ContentStoreTests() => _store = new ContentStore(new FolderObjectStore(_folder["objects"]), _folder["spool"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024 * 1024)]
    [InlineData((1024 * 1024) + 1)]
    [InlineData(5_000_000)]
    public async Task Put_anyWay_storesOnceAndReadsBack(int size)
    {
        var bytes = Bytes(size);
        await File.WriteAllBytesAsync(_folder["source"], bytes);
        var expected = new ContentInfo(Digest.Of(bytes), size);

        Assert.Equal(expected, await _store.PutAsync(bytes));
        Assert.Equal(expected, await _store.PutAsync(new MemoryStream(bytes)));
        Assert.Equal(expected, await _store.PutAsync(new TestStream(bytes, 100_001)));
        Assert.Equal(expected, await _store.PutFileAsync(_folder["source"]));

        Assert.Equal(bytes, await _store.ReadAllAsync(expected.Digest));
        Assert.True(await _store.ExistsAsync(expected.Digest));
        var text = expected.Digest.ToString();
        Assert.Equal(
            [_folder[$"objects/sha256/{text[..2]}/{text}"]], Directory.GetFiles(_folder["objects"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Put_bigStream_leavesNoSpoolFile()
    {
        await _store.PutAsync(new TestStream(Bytes(3_000_000), 65_536));
        await Assert.ThrowsAsync<InvalidTimeZoneException>(
            () => _store.PutAsync(new TestStream(Bytes(3_000_000), 65_536, failAt: 2_000_000)));
        Assert.Empty(Directory.GetFiles(_folder["spool"]));
    }

    [SkippableFact]
    public async Task Put_bigStream_spoolFileHasNoNameThatAKilledPutWouldLeave()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows deletes the file of a killed process itself.");
        var bytes = Bytes(3_000_000);
        var info = await _store.PutAsync(new TestStream(bytes, 65_536, atEveryRead: at =>
        {
            if (at > 2_000_000)
                Assert.Empty(Directory.GetFiles(_folder["spool"]));
        }));
        Assert.Equal(bytes, await _store.ReadAllAsync(info.Digest));
    }

    [SkippableFact]
    public async Task Put_spoolDiskFull_saysSo()
    {
        using var disk = TinyDisk.Mount(1_500_000);
        var store = new ContentStore(new FolderObjectStore(_folder["objects"]), disk.Path);
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => store.PutAsync(new TestStream(Bytes(3_000_000), 65_536)));
        Assert.Contains(disk.Path, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(disk.Path));
    }

    [Fact]
    public async Task Put_over1TiB_isRefusedAtOnce()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => _store.PutAsync(new VastStream()));
        Assert.Contains("1 TiB", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PutFile_changedBetweenHashAndPut_throwsConflictNamingItAndStoresNothing()
    {
        await File.WriteAllBytesAsync(_folder["source"], Bytes(1000));
        foreach (var change in new Action[] { () => File.AppendAllText(_folder["source"], "more"), () => File.WriteAllBytes(_folder["source"], new byte[1004]) })
        {
            var store = new ContentStore(new InterceptedObjects(new FolderObjectStore(_folder["objects"]), change));
            var error = await Assert.ThrowsAsync<ConflictException>(() => store.PutFileAsync(_folder["source"]));
            Assert.Contains(_folder["source"], error.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(_folder["objects"], "*", SearchOption.AllDirectories));
        }
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("no/such/folder/file")]
    public async Task PutFile_missing_throwsFileNotFoundNamingIt(string name)
    {
        var error = await Assert.ThrowsAsync<FileNotFoundException>(() => _store.PutFileAsync(_folder[name]));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PutFile_progress_endsAtTheSize()
    {
        await File.WriteAllBytesAsync(_folder["source"], Bytes(400_000));
        for (var round = 0; round < 2; round++)
        {
            var seen = new Reports();
            await _store.PutFileAsync(_folder["source"], seen);
            Assert.Equal(400_000, seen.Values[^1]);
            Assert.Equal(seen.Values.Order(), seen.Values);
        }
    }

    [Fact]
    public async Task Put_damagedObjectThere_replacesIt()
    {
        var bytes = Bytes(100_000);
        var digest = (await _store.PutAsync(bytes)).Digest;
        foreach (var damaged in new[] { [], bytes[..^1], [.. bytes, (byte)1], Bytes(100_000, seed: 2) })
        {
            await File.WriteAllBytesAsync(PathOf(digest), damaged);
            await _store.PutAsync(bytes);
            Assert.Equal(bytes, await _store.ReadAllAsync(digest));
        }
    }

    [Fact]
    public async Task Put_damagedObjectThatAnotherReplacesMeanwhile_leavesTheSoundOne()
    {
        var bytes = Bytes(100_000);
        var digest = (await _store.PutAsync(bytes)).Digest;
        await File.WriteAllBytesAsync(PathOf(digest), bytes[..^1]);
        var deleted = 0;
        var objects = new SecondReads(new FolderObjectStore(_folder["objects"]), () => _store.PutAsync(bytes));
        await new ContentStore(new SteppedObjects(objects, step => deleted += step == "before delete" ? 1 : 0), _folder["spool"]).PutAsync(bytes);
        Assert.Equal(0, deleted);
        Assert.Equal(bytes, await _store.ReadAllAsync(digest));
    }

    [Fact]
    public async Task OpenRead_damagedObject_neverEndsCleanly()
    {
        var bytes = Bytes(300_000);
        var digest = (await _store.PutAsync(bytes)).Digest;
        var flipped = (byte[])bytes.Clone();
        flipped[299_999] ^= 1;
        foreach (var damaged in new[] { [], bytes[..^1], [.. bytes, (byte)1], flipped })
        {
            await File.WriteAllBytesAsync(PathOf(digest), damaged);
            await using (var stream = await _store.OpenReadAsync(digest))
            {
                var error = await Assert.ThrowsAsync<IntegrityException>(() => stream.CopyToAsync(Stream.Null));
                Assert.Contains(digest.ToString(), error.Message, StringComparison.Ordinal);
            }

            await using (var stream = await _store.OpenReadAsync(digest))
                Assert.Throws<IntegrityException>(() => stream.CopyTo(Stream.Null));
            await Assert.ThrowsAsync<IntegrityException>(() => _store.ReadAllAsync(digest));
        }
    }

    [Fact]
    public async Task OpenRead_damagedObjectReadExactly_throwsBeforeTheLastBytes()
    {
        var bytes = Bytes(1000);
        var digest = (await _store.PutAsync(bytes)).Digest;
        bytes[5] ^= 1;
        await File.WriteAllBytesAsync(PathOf(digest), bytes);
        await using var stream = await _store.OpenReadAsync(digest);
        await Assert.ThrowsAsync<IntegrityException>(async () => await stream.ReadExactlyAsync(new byte[stream.Length]));
    }

    [Fact]
    public async Task OpenRead_absent_throwsNotFoundNamingTheDigest()
    {
        var digest = Digest.Of("absent"u8);
        var error = await Assert.ThrowsAsync<NotFoundException>(() => _store.OpenReadAsync(digest));
        Assert.Contains(digest.ToString(), error.Message, StringComparison.Ordinal);
        Assert.False(await _store.ExistsAsync(digest));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.OpenReadAsync(default));
    }

    [Fact]
    public async Task CopyToFile_sound_replacesTheFile()
    {
        var bytes = Bytes(2_000_000);
        var digest = (await _store.PutAsync(bytes)).Digest;
        var target = _folder["out/deep/file.bin"];
        var seen = new Reports();
        await _store.CopyToFileAsync(digest, target);
        await File.WriteAllTextAsync(target, "older");
        await _store.CopyToFileAsync(digest, target, seen);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(target));
        Assert.Equal(bytes.Length, seen.Values[^1]);
        Assert.Single(Directory.GetFiles(_folder["out/deep"]));
    }

    [Fact]
    public async Task CopyToFile_damagedOrCancelled_leavesThePathAsItWas()
    {
        var bytes = Bytes(2_000_000);
        var digest = (await _store.PutAsync(bytes)).Digest;
        await File.WriteAllTextAsync(_folder["target"], "older");
        using var cancel = new CancellationTokenSource();
        var cancelling = new Reports(at =>
        {
            if (at > 500_000)
                cancel.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _store.CopyToFileAsync(digest, _folder["target"], cancelling, cancel.Token));
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(PathOf(digest), bytes);
        await Assert.ThrowsAsync<IntegrityException>(() => _store.CopyToFileAsync(digest, _folder["target"]));

        Assert.Equal("older", await File.ReadAllTextAsync(_folder["target"]));
        Assert.Equal([_folder["target"]], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task PutFile_cancelledOnTheWay_storesNothing()
    {
        await File.WriteAllBytesAsync(_folder["source"], Bytes(2_000_000));
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _store.PutFileAsync(_folder["source"], new Reports(_ => cancel.Cancel()), cancel.Token));
        Assert.Empty(Directory.GetFiles(_folder["objects"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Put_sameContentFromManyThreads_isStoredOnce()
    {
        var bytes = Bytes(200_000);
        var puts = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => _store.PutAsync(bytes))));
        Assert.Single(puts.Distinct());
        Assert.Single(Directory.GetFiles(_folder["objects"], "*", SearchOption.AllDirectories));
    }

    private static byte[] Bytes(int size, int seed = 1)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private string PathOf(Digest digest) => _folder["objects/" + ContentStore.NameOf(digest)];

    /// <summary>Reports as they come; <see cref="Progress{T}"/> would bring them late, on other threads.</summary>
    private sealed class Reports(Action<long>? at = null) : IProgress<long>
    {
        public List<long> Values { get; } = [];

        public void Report(long value)
        {
            Values.Add(value);
            at?.Invoke(value);
        }
    }

    /// <summary>Does something once the second read is open, which goes on to see what it has opened.</summary>
    private sealed class SecondReads(IObjectStore inner, Func<Task> atSecond) : PassingObjects(inner)
    {
        private int _reads;

        public override async Task<Stream> OpenReadAsync(ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
        {
            var stream = await base.OpenReadAsync(name, offset, length, cancellationToken);
            if (++_reads == 2)
                await atSecond();
            return stream;
        }
    }

    private sealed class VastStream : MemoryStream
    {
        public override long Length => (1L << 40) + 1;

        public override int Read(Span<byte> buffer) => throw new InvalidOperationException("It is not read.");
    }
}
