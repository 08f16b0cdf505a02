using System.Xml.Linq;

namespace Mlops.Architecture.Tests;

/// <summary>The arrows between the rooms. A new room, arrow or package is a decision, and is made here.</summary>
public sealed class ReferenceTests
{
    private static readonly string[] Rooms = ["Mlops.Tracking", "Mlops.Versioning", "Mlops.Registry", "Mlops.Monitoring"];

    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Mlops.Storage"] = ["ZstdSharp", "ZstdSharp.Port"],
        ["Mlops.Storage.Sqlite"] = ["Mlops.Storage", "Microsoft.Data.Sqlite", "SQLitePCLRaw.*"],
        ["Mlops.Storage.AzureBlobs"] = ["Mlops.Storage", "Azure.Storage.Blobs", "Azure.Storage.Common", "Azure.Core"],
        ["Mlops.Storage.PostgreSql"] = ["Mlops.Storage", "Npgsql"],
        ["Mlops.Storage.S3"] = ["Mlops.Storage", "AWSSDK.S3", "AWSSDK.Core", "AWSSDK.SecurityToken"],
        ["Mlops.Metadata"] = ["Mlops.Storage"],
        ["Mlops.Git"] = ["Mlops.Metadata", "Mlops.Storage", "LibGit2Sharp"],
        ["Mlops.MLflow"] = ["Mlops.Metadata", "Mlops.Storage", "Microsoft.Data.Sqlite", "SQLitePCLRaw.*", "YamlDotNet"],
        ["Mlops.Tracking"] = ["Mlops.Metadata", "Mlops.Storage", "Microsoft.Extensions.Logging.Abstractions"],
        ["Mlops.MicrosoftML"] = ["Mlops.Tracking", "Mlops.Metadata", "Mlops.Storage", "Microsoft.ML", "Microsoft.ML.*"],
        ["Mlops.Onnx"] = ["Mlops.Tracking", "Mlops.Metadata", "Mlops.Storage", "Microsoft.ML.OnnxRuntime"],
        ["Mlops.Sdk"] =
        [
            "Mlops.Storage",
            "Mlops.Storage.Sqlite",
            "Mlops.Metadata",
            "Mlops.Tracking",
            "Microsoft.Extensions.DependencyInjection.Abstractions",
            "Microsoft.Extensions.Logging.Abstractions",
        ],
    };

    [Fact]
    public void Every_project_has_a_row_in_the_table() => Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), House.Rooms);

    [Theory]
    [MemberData(nameof(House.RoomData), MemberType = typeof(House))]
    public void Assembly_references_only_what_its_row_allows(string room) =>
        Offenders.AssertNone(House.Load(room).GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => !IsFramework(name) && !IsAllowed(room, name)));

    [Theory]
    [MemberData(nameof(House.RoomData), MemberType = typeof(House))]
    public void Project_references_only_what_its_row_allows(string room)
    {
        var project = XDocument.Load(Path.Combine(House.Root, "src", room, room + ".csproj"));
        var references = project.Descendants()
            .Where(element => element.Name.LocalName is "ProjectReference" or "PackageReference")
            .Select(element => element.Attribute("Include")!.Value.Replace('\\', '/'))
            .Select(include => include.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(include) : include);

        Offenders.AssertNone(references.Where(name => !IsAllowed(room, name)));
    }

    [Fact]
    public void Neighbouring_rooms_never_reference_each_other() =>
        Offenders.AssertNone(
            from room in House.Rooms.Intersect(Rooms)
            from reference in House.Load(room).GetReferencedAssemblies()
            where Rooms.Contains(reference.Name)
            select $"{room} -> {reference.Name}");

    private static bool IsAllowed(string room, string name) =>
        Allowed.GetValueOrDefault(room, []).Any(allowed => allowed.EndsWith(".*", StringComparison.Ordinal)
            ? name.StartsWith(allowed[..^1], StringComparison.Ordinal)
            : name == allowed);

    private static bool IsFramework(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal) || name is "System" or "netstandard" or "mscorlib" or "Microsoft.Win32.Primitives" or "Microsoft.Win32.Registry";
}
