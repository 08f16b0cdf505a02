using System.Reflection;

namespace Mlops.Architecture.Tests;

/// <summary>Whoever waits can be told to stop, and a name says that it waits.</summary>
public sealed class AsyncTests
{
    private static readonly Type[] Awaited = [typeof(Task), typeof(Task<>), typeof(ValueTask), typeof(ValueTask<>), typeof(IAsyncEnumerable<>)];

    [Fact]
    public void Async_methods_take_a_cancellation_token_last() =>
        Offenders.AssertNone(AsyncMethods()
            .Where(method => method.GetParameters().LastOrDefault()?.ParameterType != typeof(CancellationToken))
            .Select(Describe));

    [Fact]
    public void Async_methods_end_in_Async() =>
        Offenders.AssertNone(AsyncMethods()
            .Where(method => !method.Name.EndsWith("Async", StringComparison.Ordinal))
            .Select(Describe));

    [Fact]
    public void Only_async_methods_end_in_Async() =>
        Offenders.AssertNone(Methods()
            .Where(method => method.Name.EndsWith("Async", StringComparison.Ordinal) && !IsAwaited(method.ReturnType))
            .Select(Describe));

    private static IEnumerable<MethodInfo> AsyncMethods() =>
        Methods().Where(method => IsAwaited(method.ReturnType) && method.Name != nameof(IAsyncDisposable.DisposeAsync));

    // an override takes the shape of what it overrides; ours is checked where it was first declared
    private static IEnumerable<MethodInfo> Methods() =>
        House.PublicTypes
            .SelectMany(type => type.GetMethods(
                BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method => !method.IsSpecialName && method.GetBaseDefinition() == method);

    private static bool IsAwaited(Type type) =>
        Awaited.Contains(type.IsGenericType ? type.GetGenericTypeDefinition() : type);

    private static string Describe(MethodInfo method) => $"{method.DeclaringType!.FullName}.{method}";
}
