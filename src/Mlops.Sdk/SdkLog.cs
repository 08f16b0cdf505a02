using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Sdk;

/// <summary>The log messages of this assembly: events 5000 to 5999, never reused.</summary>
internal static partial class SdkLog
{
    [LoggerMessage(5000, LogLevel.Information, "Opened the store {StoreId} at {Location}.")]
    public static partial void Opened(ILogger logger, string location, RecordId storeId);

    [LoggerMessage(5001, LogLevel.Warning, "The store at {Location} is away. What is logged goes into the journal on this machine, and into the store once it is back.")]
    public static partial void Away(ILogger logger, string location, Exception exception);
}
