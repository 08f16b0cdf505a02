using Mlops.Storage.Conformance;
using Snapshooter.Xunit;

namespace Mlops.Storage.Sqlite.Tests;

public sealed class StoreFileTests : IDisposable
{
    private readonly TempStore _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Open_new_store_has_this_schema()
    {
        await _temp.Open().DisposeAsync();
        using var connection = _temp.Connect();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name";
        using var reader = command.ExecuteReader();
        List<string> sql = [];
        while (reader.Read())
            sql.Add(reader.GetString(0));
        Snapshot.Match(string.Join("\n\n", sql));
    }

    [Fact]
    public async Task Open_store_again_keeps_identity_and_writes_nothing()
    {
        StoreInfo info;
        await using (var store = _temp.Open())
            info = store.Info;
        var before = File.ReadAllBytes(_temp.File);
        await using (var store = _temp.Open())
        {
            Assert.Equal(info, store.Info);
            Assert.Equal((1, _temp.File), (info.FormatVersion, info.Location));
            Assert.Null(await store.FindRecordAsync(new RecordId(1)));
        }

        Assert.Equal(before, File.ReadAllBytes(_temp.File));
        Assert.Equal([_temp.File], Directory.GetFiles(_temp.Folder));
    }

    [Theory]
    [InlineData("oldest_reader", "read")]
    [InlineData("oldest_writer", "written")]
    public async Task Open_store_from_the_future_names_both_formats(string column, string verb)
    {
        await _temp.Open().DisposeAsync();
        _temp.Execute($"UPDATE store SET {column} = 7");
        var error = Assert.Throws<StoreVersionException>(() => _temp.Open());
        Assert.Contains($"{verb} by programs that know format 7, and this one knows format 1; upgrade", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_newer_format_that_lets_us_write_is_left_as_it_is()
    {
        await _temp.Open().DisposeAsync();
        _temp.Execute("UPDATE store SET format = 7");
        await using var store = _temp.Open();
        Assert.Equal(7, store.Info.FormatVersion);
        await store.CommitAsync(Samples.Batch(Samples.Create(new RecordId(1))));
    }

    [Fact]
    public void Open_file_that_is_no_database_names_it_and_leaves_it()
    {
        File.WriteAllText(_temp.File, new string('x', 5000));
        var error = Assert.Throws<IntegrityException>(() => _temp.Open());
        Assert.Contains(_temp.File, error.Message, StringComparison.Ordinal);
        Assert.Equal(new string('x', 5000), File.ReadAllText(_temp.File));
    }

    [Fact]
    public void Open_database_of_somebody_else_is_refused_and_left()
    {
        _temp.Execute("CREATE TABLE mine (a); INSERT INTO mine VALUES (1)");
        var error = Assert.Throws<IntegrityException>(() => _temp.Open());
        Assert.Contains("not a store", error.Message, StringComparison.Ordinal);
        _temp.Execute("DROP TABLE mine");
    }

    [Fact]
    public void Open_path_that_is_a_folder_is_unavailable()
    {
        Directory.CreateDirectory(_temp.File);
        var error = Assert.Throws<StorageUnavailableException>(() => _temp.Open());
        Assert.Contains(_temp.File, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DriveType.Network, "ntfs", true)]
    [InlineData(DriveType.Unknown, "nfs4", true)]
    [InlineData(DriveType.Fixed, "cifs", true)]
    [InlineData(DriveType.Fixed, "smb2", true)]
    [InlineData(DriveType.Fixed, "ext4", false)]
    [InlineData(DriveType.Fixed, "overlay", false)]
    public void IsNetwork_knows_file_systems(DriveType type, string format, bool expected) =>
        Assert.Equal(expected, LocalFolder.IsNetwork(type, format));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void Open_without_a_path_is_refused(string path) =>
        Assert.ThrowsAny<ArgumentException>(() => SqliteMetadataStore.Open(new SqliteStoreOptions { Path = path }));

    [Fact]
    public void Open_negative_busy_timeout_is_refused() =>
        Assert.ThrowsAny<ArgumentException>(() => _temp.Open(busyTimeout: TimeSpan.FromTicks(-1)));

    [Fact]
    public async Task Open_damaged_pages_are_reported_by_name()
    {
        await using (var store = _temp.Open())
        {
            await store.CommitAsync(Samples.Batch([.. Enumerable.Range(1, 500).Select(i => Samples.Create(new RecordId((UInt128)i), FieldWrite.Set("a", FieldValue.Text(new string('a', 200)))))]));
        }

        using (var file = File.OpenWrite(_temp.File))
        {
            file.Position = 4096;
            file.Write(Enumerable.Repeat((byte)0xAA, (int)file.Length - 4096).ToArray());
        }

        var error = await Assert.ThrowsAsync<IntegrityException>(async () =>
        {
            await using var store = _temp.Open();
            await store.FindRecordAsync(new RecordId(7));
        });
        Assert.Contains(_temp.File, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task CommitAsync_full_disk_rolls_back_and_works_again_with_room()
    {
        using var disk = TinyDisk.Mount(6 * 1024 * 1024);
        var ballast = Path.Combine(disk.Path, "ballast");
        await using var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(disk.Path, "store.db") });
        var id = new RecordId(1);
        await store.CommitAsync(Samples.Batch(Samples.Create(id)));
        File.WriteAllBytes(ballast, new byte[(4 * 1024 * 1024) + (512 * 1024)]);

        var large = Samples.Batch(Samples.Create(new RecordId(2))) with { Appends = [Samples.Points(id, "m", 400_000)] };
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => store.CommitAsync(large));
        Assert.Contains(disk.Path, error.Message, StringComparison.Ordinal);
        Assert.Null(await store.FindRecordAsync(new RecordId(2)));
        Assert.Empty(await store.ListSeriesAsync([id]));

        File.Delete(ballast);
        await store.CommitAsync(Samples.Batch(Samples.Create(new RecordId(2))) with { Appends = [Samples.Points(id, "m", 20_000)] });
        Assert.Equal(20_000, (await store.ListSeriesAsync([id])).Single().Position);
        Assert.True((await store.VerifyAsync()).IsSound);
    }

    [SkippableFact]
    public async Task CommitAsync_read_only_disk_is_unavailable()
    {
        using var disk = TinyDisk.Mount(6 * 1024 * 1024);
        var path = Path.Combine(disk.Path, "store.db");
        await SqliteMetadataStore.Open(new SqliteStoreOptions { Path = path }).DisposeAsync();
        disk.MakeReadOnly();
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(async () =>
        {
            await using var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = path });
            await store.CommitAsync(Samples.Batch(Samples.Create(new RecordId(1))));
        });
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CommitAsync_purged_values_are_nowhere_in_the_files()
    {
        const string secret = "correct-horse-battery-staple";
        await using (var store = _temp.Open())
        {
            var id = new RecordId(1);
            await store.CommitAsync(Samples.Batch(Samples.Create(id, FieldWrite.Set("a", FieldValue.Text(secret))) with { Key = secret, Body = System.Text.Encoding.UTF8.GetBytes(secret) }));
            await store.CommitAsync(Samples.Batch(new RecordChange { Id = id, Kind = "run", Mode = ChangeMode.Update, Action = "run.purged", Purge = true }));
        }

        foreach (var file in Directory.GetFiles(_temp.Folder))
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(secret)));
    }

    [Fact]
    public async Task DisposeAsync_twice_is_fine_and_calls_after_it_are_refused()
    {
        var store = _temp.Open();
        await store.DisposeAsync();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.CommitAsync(Samples.Batch()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.FindRecordAsync(new RecordId(1)));
    }
}
