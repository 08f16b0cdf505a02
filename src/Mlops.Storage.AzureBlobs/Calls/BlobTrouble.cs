using System.Xml;
using Azure;
using Azure.Identity;
using Azure.Storage.Blobs.Models;

namespace Mlops.Storage.AzureBlobs;

/// <summary>Turns what Azure's SDK says into what the user can do about it.</summary>
internal static class BlobTrouble
{
    /// <summary>Whether the SDK has failed, as opposed to a caller that cancels or made a mistake.</summary>
    public static bool IsTrouble(Exception error, CancellationToken cancellationToken) => error switch
    {
        // of several attempts, each with its own; or a request that took too long
        AggregateException or OperationCanceledException => !cancellationToken.IsCancellationRequested,
        RequestFailedException or AuthenticationFailedException or IOException or HttpRequestException => true,

        // an answer that makes no sense
        XmlException or FormatException => true,
        _ => false,
    };

    /// <summary>Whether there is no such blob, in a container that is there.</summary>
    public static bool IsAbsent(RequestFailedException error) => error.Status == 404 && error.ErrorCode != BlobErrorCode.ContainerNotFound;

    /// <summary>Whether the request may have been carried out all the same, now or by an attempt whose answer was lost.</summary>
    public static bool IsOpen(Exception error) =>
        error is not RequestFailedException { Status: >= 400 and < 500 } failed
        || failed.Status is 408 or 409 or 412 or 429
        || IsBlocksGone(failed);

    /// <summary>Whether the name is taken, by a blob or by blocks of an upload that is not complete.</summary>
    public static bool IsTaken(Exception error) => error is RequestFailedException { Status: 409 or 412 };

    /// <summary>Whether the very same request may succeed at once: it was changed on its way, or met another one.</summary>
    public static bool IsPassing(Exception error) =>
        IsTaken(error) || (error is RequestFailedException { Status: 400 } && !IsBlocksGone(error));

    /// <summary>Whether blocks that were up are up no more, because another upload to this name was completed.</summary>
    public static bool IsBlocksGone(Exception? error) => error is RequestFailedException failed && failed.ErrorCode == BlobErrorCode.InvalidBlockList;

    public static StorageUnavailableException Explain(Exception error, string what, string location)
    {
        var first = error is AggregateException { InnerExceptions: [var one, ..] } ? one : error;
        var (remedy, needsRepair) = Remedy(first);
        var said = first is RequestFailedException { Status: > 0 } failed ? $"{failed.Status} {failed.ErrorCode}".TrimEnd() : first.Message;
        return new StorageUnavailableException($"'{what}' could not be stored or read in '{location}': {remedy} ({said})", error)
        {
            NeedsRepair = needsRepair,
        };
    }

    private static (string Text, bool NeedsRepair) Remedy(Exception error) => error switch
    {
        RequestFailedException { Status: 401 or 403 } => (
            "the service refuses; give this identity the role 'Storage Blob Data Contributor' for the container, or correct AZURE_STORAGE_CONNECTION_STRING.",
            true),
        AuthenticationFailedException => (
            "there are no credentials for the account; sign in with 'az login', give this machine an identity, or set AZURE_STORAGE_CONNECTION_STRING.",
            true),
        RequestFailedException { Status: 404 } => ("the container is missing; create it, or correct its name.", true),
        RequestFailedException failed when failed.ErrorCode == BlobErrorCode.BlobImmutableDueToPolicy =>
            ("a policy of the container keeps the object; wait until it ends, or change it.", true),
        RequestFailedException failed when failed.ErrorCode == BlobErrorCode.InvalidResourceName =>
            ("no container can have this name; correct it.", true),
        _ => ("the service is busy, or cannot be reached unharmed; try again.", false),
    };
}
