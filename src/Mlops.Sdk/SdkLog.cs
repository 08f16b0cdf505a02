using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Sdk;

/// <summary>The log messages of this assembly: events 5000 to 5999, never reused.</summary>
internal static partial class SdkLog
{
    [LoggerMessage(5000, LogLevel.Information, "Opened the store {StoreId} at {Location}.")]
    public static partial void Opened(ILogger logger, string location, RecordId storeId);
}
