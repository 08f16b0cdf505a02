using System.Reflection;

namespace Mlops.MicrosoftML;

/// <summary>What ML.NET's objects hold without showing it.</summary>
internal static class Hidden
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>The value of a field of the object's type or one that it derives from; null if there is none.</summary>
    public static object? Field(object owner, string name)
    {
        for (var type = owner.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetField(name, Own) is { } field)
                return field.GetValue(owner);
        }

        return null;
    }
}
