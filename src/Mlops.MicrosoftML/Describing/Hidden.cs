using System.Reflection;

namespace Mlops.MicrosoftML;

/// <summary>What ML.NET's objects hold without showing it.</summary>
internal static class Hidden
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>The value of a field of the object's type or one that it derives from; null if there is none.</summary>
    public static object? Field(object owner, string name) => Find(owner, type => type.GetField(name, Own))?.GetValue(owner);

    /// <summary>The same of a property; where a derived type declares it anew, as ML.NET does with a narrower type, that one.</summary>
    public static object? Property(object owner, string name) => Find(owner, type => type.GetProperty(name, Own))?.GetValue(owner);

    private static T? Find<T>(object owner, Func<Type, T?> find)
        where T : MemberInfo
    {
        for (var type = owner.GetType(); type is not null; type = type.BaseType)
        {
            if (find(type) is { } found)
                return found;
        }

        return null;
    }
}
