namespace Mlops.Storage.Sqlite.Tests;

/// <summary>Contents of so many chunks that their list has no room behind other chunks.</summary>
public sealed class LongManifestTests : IDisposable
{
    private readonly TempStore _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Put_long_list_of_chunks_makes_no_pack_over_8_MiB()
    {
        await using var index = _temp.Open();
        var objects = new FolderObjectStore(Path.Combine(_temp.Folder, "objects"));
        var content = new ContentStore(objects, index);
        var info = await content.PutAsync(new ShortChunks(22_075));
        List<long> sizes = [];
        await foreach (var found in objects.ListAsync(""))
            sizes.Add(found.SizeBytes);
        Assert.InRange(sizes.Max(), 7 << 20, 8 << 20);
        Assert.InRange((await index.ListCellsAsync("chunk/")).Count, 22_000, 22_075);
        await using var stream = await content.OpenReadAsync(info.Digest);
        await stream.CopyToAsync(Stream.Null);
    }

    /// <summary>Noise with bytes behind each 16 KiB at which a chunk ends (docs/storage-format.md), so that few bytes are many chunks.</summary>
    private sealed class ShortChunks(int count) : Stream
    {
        private const int ChunkBytes = 16_384 + 2;

        // the first three bytes that meet the condition of a cut by themselves
        private static readonly byte[] End = [2, 255, 65];
        private readonly Random _random = new(1);
        private long _left = (long)count * ChunkBytes;
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = buffer.AsSpan(offset, (int)Math.Min(count, _left));
            _random.NextBytes(read);
            for (var i = 0; i < read.Length; i++)
            {
                // the last of these begins the next chunk
                var at = (_position + i) % ChunkBytes;
                if (at >= ChunkBytes - 2)
                    read[i] = End[at - (ChunkBytes - 2)];
                else if (at == 0 && _position + i > 0)
                    read[i] = End[2];
            }

            _position += read.Length;
            _left -= read.Length;
            return read.Length;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
