using System.Diagnostics;
using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Transfer;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Mlops.Benchmarks.Baselines;
using Mlops.Storage;
using Mlops.Storage.AzureBlobs;
using Mlops.Storage.S3;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Content;

/// <summary>256 MiB that do not compress through the content store to a real server, and back; against the SDK's own parallel transfer of one file.</summary>
internal sealed class BlobTransfer : Figure
{
    private const int Bytes = 256 * 1024 * 1024;
    private const string Container = "figures";
    private const string S3 = "s3";
    private readonly string _kind;
    private readonly bool _isPut;
    private ScriptServer? _server;
    private SqliteMetadataStore? _index;
    private ContentStore? _content;
    private AmazonS3Client? _s3;
    private BlobContainerClient? _container;
    private string _source = "";
    private Digest _digest;

    private BlobTransfer(string kind, bool isPut) => (_kind, _isPut) = (kind, isPut);

    public override string Name => $"blob-{(_isPut ? "put" : "get")}-{_kind}";

    public override string Unit => "MB/s";

    public override string BaselineName => _isPut ? "sdk-upload" : "sdk-download";

    public override Bound Bound => Bound.AtLeast(0.8);

    public override int Rounds => 9; // the emulators clean up when they like, which makes single rounds differ by half

    public override int WarmUps => 2; // what a put runs through is still being compiled in the second one

    public override string? Missing => _server is null ? $"no server ({(_kind == S3 ? "radosgw" : "npm")} is not installed)" : null;

    public static IReadOnlyList<Func<Figure>> All { get; } =
    [
        () => new BlobTransfer("azure", isPut: true),
        () => new BlobTransfer("azure", isPut: false),
        () => new BlobTransfer(S3, isPut: true),
        () => new BlobTransfer(S3, isPut: false),
    ];

    public override async Task PrepareAsync(Workspace workspace)
    {
        _server = _kind == S3
            ? await ScriptServer.StartAsync("ceph-s3.sh", "radosgw", "ceph-mon", "ceph-osd")
            : await ScriptServer.StartAsync("azurite.sh", "node", "npm");
        if (_server is null)
            return;
        _index = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = workspace.NewPath("index.db") });
        _content = new ContentStore(_kind == S3 ? await OpenS3Async() : await OpenAzureAsync(), _index);
        await FillAsync(_source = workspace.NewPath("source"));
        if (_isPut)
            return;
        _digest = (await _content.PutFileAsync(_source)).Digest;
        await UploadAsync();
    }

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        if (_isPut)
        {
            // what was put before would be known
            await FillAsync(_source);
            return await TimeAsync(() => _content!.PutFileAsync(_source));
        }

        return await TimeAsync(() => _content!.MaterializeAsync(_digest, workspace.NewPath("ours")));
    }

    public override async Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        if (!_isPut)
            return await TimeAsync(() => DownloadAsync(workspace.NewPath("baseline")));
        if (_container is not null)
            await NoteCheckedUploadAsync(_container);
        return await TimeAsync(UploadAsync);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_index is not null)
            await _index.DisposeAsync();
        _s3?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>The same upload with the checksum that ours sends and the baseline does not.</summary>
    private async Task NoteCheckedUploadAsync(BlobContainerClient container)
    {
        var options = new BlobUploadOptions
        {
            TransferValidation = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 },
        };
        NoteBeside(
            await TimeAsync(() => container.GetBlobClient("baseline").UploadAsync(_source, options)),
            "MB/s for sdk-upload with the MD5 that ours sends");
    }

    private static async Task<double> TimeAsync(Func<Task> transfer)
    {
        var start = Stopwatch.GetTimestamp();
        await transfer();
        return Bytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e6;
    }

    private static async Task FillAsync(string path)
    {
        var bytes = new byte[Bytes];
        Random.Shared.NextBytes(bytes);
        await using FileStream file = new(path, FileMode.Create);
        await file.WriteAsync(bytes);
        file.Flush(flushToDisk: true); // or ours, which is timed first, would wait for it in the fsyncs of its index
    }

    private async Task<IObjectStore> OpenS3Async()
    {
        // ours makes a client of its own, as it does from a URI
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "AKIAMLOPS");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "secretmlops");
        var endpoint = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_server!.Port}");
        _s3 = new AmazonS3Client(new AmazonS3Config
        {
            ServiceURL = endpoint,
            ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
        await _s3.PutBucketAsync(Container);
        return new S3ObjectStore(new S3ObjectStoreOptions { Bucket = Container, Endpoint = new Uri(endpoint) });
    }

    private async Task<IObjectStore> OpenAzureAsync()
    {
        var connection = string.Create(
            CultureInfo.InvariantCulture,
            $"DefaultEndpointsProtocol=http;AccountName=mlops;AccountKey=bWxvcHM=;BlobEndpoint=http://127.0.0.1:{_server!.Port}/mlops");
        _container = new BlobContainerClient(connection, Container);
        await _container.CreateIfNotExistsAsync();
        return new AzureBlobObjectStore(_container);
    }

    private async Task UploadAsync()
    {
        if (_s3 is null)
        {
            await _container!.GetBlobClient("baseline").UploadAsync(_source, overwrite: true);
            return;
        }

        using var transfer = new TransferUtility(_s3);
        await transfer.UploadAsync(_source, Container, "baseline");
    }

    private async Task DownloadAsync(string path)
    {
        if (_s3 is null)
        {
            await _container!.GetBlobClient("baseline").DownloadToAsync(path);
            return;
        }

        using var transfer = new TransferUtility(_s3);
        await transfer.DownloadAsync(path, Container, "baseline");
    }
}
