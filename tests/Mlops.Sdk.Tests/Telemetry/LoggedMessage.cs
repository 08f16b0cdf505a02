using Microsoft.Extensions.Logging;

namespace Mlops.Sdk.Tests.Telemetry;

internal sealed record LoggedMessage(LogLevel Level, EventId Id, string Text, Exception? Exception);
