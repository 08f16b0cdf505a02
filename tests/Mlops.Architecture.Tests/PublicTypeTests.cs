using System.Reflection;
using Mlops.Storage;

namespace Mlops.Architecture.Tests;

public sealed class PublicTypeTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void Public_classes_are_sealed_abstract_or_static() =>
        Offenders.AssertNone(House.PublicTypes
            .Where(type => type.IsClass && !type.IsSealed && !type.IsAbstract && type != typeof(MlopsException))
            .Select(type => type.FullName));

    // a private one is a signal inside its class and reaches nobody
    [Fact]
    public void Exceptions_are_sealed_children_of_the_root() =>
        Offenders.AssertNone(House.AllTypes
            .Where(type => type.IsSubclassOf(typeof(Exception)) && type != typeof(MlopsException) && !type.IsNestedPrivate)
            .Where(type => !type.IsSealed || !type.IsSubclassOf(typeof(MlopsException)))
            .Select(type => type.FullName));

    [Fact]
    public void No_static_field_can_be_changed() =>
        Offenders.AssertNone(
            from type in House.AllTypes
            from field in type.GetFields(Declared)
            where !field.Name.Contains('<', StringComparison.Ordinal)
            where (!field.IsInitOnly && !field.IsLiteral) || (field.IsPublic && field.FieldType.IsArray)
            select $"{type.FullName}.{field.Name}");

    [Fact]
    public void No_static_property_can_be_set() =>
        Offenders.AssertNone(
            from type in House.AllTypes
            from property in type.GetProperties(Declared)
            where property.CanWrite
            select $"{type.FullName}.{property.Name}");

    [Fact]
    public void Public_enums_give_each_name_a_value_of_its_own() =>
        Offenders.AssertNone(House.PublicTypes
            .Where(type => type.IsEnum)
            .Where(type => Enum.GetValuesAsUnderlyingType(type).Cast<object>().Distinct().Count() != Enum.GetNames(type).Length)
            .Select(type => type.FullName));
}
