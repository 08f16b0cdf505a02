using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Mlops.Storage;

namespace Mlops.Sdk;

/// <summary>What a backup holds. Its file is written last, so a backup without one is not whole.</summary>
internal sealed partial record BackupManifest(
    int Format, string StoreId, DateTimeOffset Created, long Position, string Root, long Records, int Objects, IReadOnlyList<string>? Problems)
{
    public const string FileName = "backup.json";
    private const int Newest = 1;

    public static BackupManifest Of(RecordId store, DateTimeOffset created, Checkpoint checkpoint, long records, int objects, IReadOnlyList<string> problems) =>
        new(Newest, store.ToString(), created, checkpoint.Position, checkpoint.Root.ToString(), records, objects, problems);

    [JsonIgnore]
    public Checkpoint Checkpoint => new(Position, Digest.Parse(Root));

    /// <summary>Whether the store had lost or damaged the object that a problem names before it was backed up.</summary>
    public bool Knows(string problem) =>
        ObjectName().Match(problem) is { Success: true, Value: var name } && Problems?.Any(p => p.Contains(name, StringComparison.Ordinal)) == true;

    /// <summary>Whether the folder is a whole backup of a whole store, so that the objects in it need not be read again.</summary>
    /// <exception cref="StoreVersionException">A newer release wrote it.</exception>
    public static async Task<bool> VouchesAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            return (await ReadAsync(folder, cancellationToken).ConfigureAwait(false)).Problems is null or [];
        }
        catch (IntegrityException)
        {
            return false;
        }
    }

    /// <exception cref="IntegrityException">There is no manifest, or it cannot be read.</exception>
    /// <exception cref="StoreVersionException">A newer release wrote it.</exception>
    public static async Task<BackupManifest> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new IntegrityException($"'{folder}' is no whole backup: it has no {FileName}, which is written last. Back up again, or name another folder.");
        try
        {
            var bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            var manifest = JsonSerializer.Deserialize(bytes, BackupJson.Default.BackupManifest);
            if (manifest is { Format: > Newest })
                throw new StoreVersionException($"The backup '{folder}' was written by a newer release; upgrade the Mlops packages.");
            return manifest is { Format: > 0, Root: not null } && manifest.Checkpoint.Position >= 0 ? manifest : throw Damaged(path, null);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw Damaged(path, e);
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

    private static IntegrityException Damaged(string path, Exception? cause) => new($"The manifest '{path}' is damaged; take another backup.", cause);

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex ObjectName();
}
