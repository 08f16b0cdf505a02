namespace Mlops.Storage;

/// <summary>Stores one file, and tells whether somebody wrote to it meanwhile.</summary>
internal sealed class FilePut(ContentStore store, string path, IProgress<long>? progress)
{
    public async Task<ContentInfo> RunAsync(CancellationToken cancellationToken) =>
        await TryPutAsync(cancellationToken).ConfigureAwait(false) ?? await PutWholeAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Null if there is no index, or it is away.</summary>
    private async Task<ContentInfo?> TryPutAsync(CancellationToken cancellationToken)
    {
        if (store.Packed is null)
            return null;
        var file = SourceFile.Open(path);
        await using (file.ConfigureAwait(false))
        {
            Manifest.ThrowIfTooLarge(file.Length);
            var stamp = await FileStamp.TakeAsync(file, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            var put = file.Length <= ContentStore.MostInMemory
                ? await store.PutAsync(file, cancellationToken).ConfigureAwait(false)
                : await store.Packed.TryPutLargeAsync(FromStart, progress, cancellationToken).ConfigureAwait(false);
            return put is not { } info || await stamp.IsUnchangedAsync(file, info, cancellationToken).ConfigureAwait(false) ? put : throw Changed();
        }

        Stream FromStart()
        {
            file.Position = 0;
            return file;
        }
    }

    private async Task<ContentInfo> PutWholeAsync(CancellationToken cancellationToken)
    {
        ContentInfo info;
        var file = SourceFile.Open(path);
        await using (file.ConfigureAwait(false))
        {
            Manifest.ThrowIfTooLarge(file.Length);
            info = await SourceFile.HashAsync(file, cancellationToken).ConfigureAwait(false);
        }

        await store.PutWholeAsync(info, () => new VerifyingStream(SourceFile.Open(path), info, Changed, progress), cancellationToken).ConfigureAwait(false);
        return info;
    }

    private ConflictException Changed() =>
        new($"The file '{path}' changed while it was being stored; store it again when nobody writes to it.");
}
