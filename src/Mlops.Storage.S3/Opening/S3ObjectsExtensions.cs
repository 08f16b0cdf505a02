namespace Mlops.Storage.S3;

/// <summary>Switches on objects in an S3 bucket.</summary>
public static class S3ObjectsExtensions
{
    /// <summary>
    /// Lets URIs name a bucket: <c>MLOPS_URI=postgres://user@host/database?objects=s3://bucket/prefix</c>. Without such a URI
    /// everything stays as it was.
    /// </summary>
    /// <param name="options">The options.</param>
    public static TOptions UseS3Objects<TOptions>(this TOptions options)
        where TOptions : class, IStorageOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ObjectSchemes[S3Uri.Scheme] = uri => Source(S3Uri.Parse(uri));
        return options;
    }

    /// <summary>Keeps objects in a bucket.</summary>
    /// <param name="options">The options.</param>
    /// <param name="uri">
    /// <c>s3://bucket/prefix</c>, where needed with <c>?endpoint=http://host:9000&amp;region=name&amp;pathStyle=true</c>.
    /// </param>
    /// <exception cref="ArgumentException">It is not such a URI.</exception>
    public static TOptions UseS3Objects<TOptions>(this TOptions options, string uri)
        where TOptions : class, IStorageOptions
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(uri);
        return Uri.TryCreate(uri, UriKind.Absolute, out var parsed)
            ? options.UseS3Objects(S3Uri.Parse(parsed))
            : throw new ArgumentException("The bucket is not an absolute URI; write s3://bucket/prefix.", nameof(uri));
    }

    /// <summary>Keeps objects in a bucket, with every setting.</summary>
    /// <param name="options">The options.</param>
    /// <param name="store">The bucket; its clock is that of <paramref name="options"/>.</param>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public static TOptions UseS3Objects<TOptions>(this TOptions options, S3ObjectStoreOptions store)
        where TOptions : class, IStorageOptions
    {
        ArgumentNullException.ThrowIfNull(store);
        options.UseS3Objects().Objects = Source(store);
        return options;
    }

    private static ObjectStoreSource Source(S3ObjectStoreOptions store)
    {
        store.Validate();
        return new ObjectStoreSource(store.Location, time => new S3ObjectStore(store with { Time = time }));
    }
}
