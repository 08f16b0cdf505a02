using System.Reflection;
using System.Runtime.CompilerServices;

namespace Mlops.Architecture.Tests;

/// <summary>Where the sources are, and the assemblies built from them. Found by looking, so that a new room is checked too.</summary>
internal static class House
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> Rooms { get; } =
        [.. Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .Order(StringComparer.Ordinal)];

    public static IReadOnlyList<string> Projects { get; } =
        [.. Files(".", "*.csproj").Order(StringComparer.Ordinal)];

    public static IReadOnlyList<string> Sources { get; } =
        [.. Files("src", "*.cs").Order(StringComparer.Ordinal)];

    public static IReadOnlyList<Type> PublicTypes { get; } =
        [.. Rooms.Select(Load).SelectMany(assembly => assembly.GetExportedTypes())];

    public static IReadOnlyList<Type> AllTypes { get; } =
        [.. Rooms.Select(Load).SelectMany(assembly => assembly.GetTypes()).Where(type => !IsGenerated(type))];

    public static TheoryData<string> RoomData => [.. Rooms];

    public static Assembly Load(string room) => Assembly.Load(new AssemblyName(room));

    /// <summary>Paths relative to the root, with forward slashes.</summary>
    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.GetFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or "artifacts"));

    private static bool IsGenerated(Type type) =>
        type.Name.Contains('<', StringComparison.Ordinal)
        || type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        || (type.DeclaringType is { } outer && IsGenerated(outer));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Mlops.Sdk.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No Mlops.Sdk.sln above {AppContext.BaseDirectory}.");
    }
}
