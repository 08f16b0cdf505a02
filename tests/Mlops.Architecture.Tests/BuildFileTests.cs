using System.Xml.Linq;

namespace Mlops.Architecture.Tests;

/// <summary>One place for versions, one place for settings, and a solution that forgets nothing.</summary>
public sealed class BuildFileTests
{
    [Fact]
    public void Solution_contains_every_project()
    {
        var solution = File.ReadAllText(Path.Combine(House.Root, "Mlops.Sdk.sln")).Replace('\\', '/');

        Offenders.AssertNone(House.Projects.Where(project => !solution.Contains($"\"{project}\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_test_project_is_named_by_the_assembly_it_tests() =>
        Offenders.AssertNone(House.Projects
            .Where(project => project.StartsWith("tests/", StringComparison.Ordinal))
            .Select(project => Path.GetFileNameWithoutExtension(project))
            .Where(name => name.EndsWith(".Tests", StringComparison.Ordinal) && name != "Mlops.Architecture.Tests")
            .Where(name => !House.Rooms.Contains(name[..^".Tests".Length])));

    [Fact]
    public void Projects_leave_versions_to_the_central_file() =>
        Offenders.AssertNone(
            from project in House.Projects
            from element in XDocument.Load(Path.Combine(House.Root, project)).Descendants()
            where element.Name.LocalName is "PackageReference" or "PackageVersion"
            where element.Attributes().Concat<object>(element.Elements())
                .Any(item => item is XAttribute { Name.LocalName: "Version" or "VersionOverride" } or XElement { Name.LocalName: "Version" })
            select $"{project}: {element}");

    [Fact]
    public void Projects_suppress_no_warning_as_a_whole() =>
        Offenders.AssertNone(
            from project in House.Projects
            from element in XDocument.Load(Path.Combine(House.Root, project)).Descendants()
            where element.Name.LocalName is "NoWarn" or "WarningsNotAsErrors" or "TreatWarningsAsErrors"
            select $"{project}: {element}");

    [Fact]
    public void Package_settings_name_no_source()
    {
        var config = XDocument.Load(Path.Combine(House.Root, "nuget.config"));

        Assert.DoesNotContain(config.Descendants(), element => element.Name.LocalName is "packageSources" or "packageSourceMapping");
    }
}
