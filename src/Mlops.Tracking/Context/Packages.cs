using System.Text.Json;

namespace Mlops.Tracking;

/// <summary>The packages that a program was resolved to, as its deps file names them.</summary>
internal static class Packages
{
    /// <summary>The name of the table.</summary>
    public const string Table = "packages";

    /// <summary>Names and versions; empty for a program without a deps file, such as one that was compiled ahead of time.</summary>
    public static Dictionary<string, string> Read()
    {
        // the program's own file is the first, those of frameworks follow
        var files = AppContext.GetData("APP_CONTEXT_DEPS_FILES") as string;
        return files?.Split(';') is [{ Length: > 0 } file, ..] && File.Exists(file) ? Read(File.ReadAllBytes(file)) : [];
    }

    /// <summary>The entries of <c>libraries</c> that are packages: <c>"Name/1.2.3": { "type": "package" }</c>.</summary>
    public static Dictionary<string, string> Read(ReadOnlySpan<byte> deps)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var reader = new Utf8JsonReader(deps is [0xEF, 0xBB, 0xBF, .. var rest] ? rest : deps);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isLibraries = reader.ValueTextEquals("libraries");
            reader.Read();
            if (!isLibraries)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                if (IsPackage(ref reader) && name.LastIndexOf('/') is > 0 and var slash)
                    found[name[..slash]] = name[(slash + 1)..];
            }
        }

        return found;
    }

    private static bool IsPackage(ref Utf8JsonReader reader)
    {
        var isPackage = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type");
            reader.Read();
            isPackage |= isType && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("package");
            reader.Skip();
        }

        return isPackage;
    }
}
