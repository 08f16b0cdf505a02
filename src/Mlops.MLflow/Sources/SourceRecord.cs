using System.Text.Json.Nodes;
using Mlops.Metadata;

namespace Mlops.MLflow;

internal sealed record SourceRecord(string Kind, string Key, RunId? Run, JsonObject Body, string Place);
