using System.Text.Json;
using System.Text.Json.Serialization;
using Mlops.Storage;

namespace Mlops.Sdk;

/// <summary>What a backup holds. Its file is written last, so a backup without one is not whole.</summary>
internal sealed record BackupManifest(int Format, string StoreId, DateTimeOffset Created, long Position, string Root, long Records, int Objects)
{
    public const string FileName = "backup.json";
    private const int Newest = 1;

    public static BackupManifest Of(RecordId store, DateTimeOffset created, Checkpoint checkpoint, long records, int objects) =>
        new(Newest, store.ToString(), created, checkpoint.Position, checkpoint.Root.ToString(), records, objects);

    [JsonIgnore]
    public Checkpoint Checkpoint => new(Position, Digest.Parse(Root));

    /// <exception cref="IntegrityException">There is no manifest, or it cannot be read.</exception>
    public static async Task<BackupManifest> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new IntegrityException($"'{folder}' is no whole backup: it has no {FileName}, which is written last. Back up again, or name another folder.");
        try
        {
            var bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            var manifest = JsonSerializer.Deserialize(bytes, BackupJson.Default.BackupManifest);
            return manifest is { Format: <= Newest } ? manifest
                : throw new StoreVersionException($"The backup '{folder}' was written by a newer release; upgrade the Mlops packages.");
        }
        catch (JsonException e)
        {
            throw new IntegrityException($"The manifest '{path}' is damaged; take another backup.", e);
        }
    }

    /// <summary>Writes the manifest; it is on the disk when this returns.</summary>
    public async Task WriteAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, FileName);
        var file = new FileStream(path + ".partial", FileMode.Create, FileAccess.Write, FileShare.None);
        await using (file.ConfigureAwait(false))
        {
            await JsonSerializer.SerializeAsync(file, this, BackupJson.Default.BackupManifest, cancellationToken).ConfigureAwait(false);
            DurableFile.Flush(file);
        }

        File.Move(path + ".partial", path, overwrite: true);
        DurableFile.FlushDirectory(folder);
    }
}
