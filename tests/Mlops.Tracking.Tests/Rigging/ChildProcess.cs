using System.Diagnostics;

namespace Mlops.Tracking.Tests;

/// <summary>Another process that uses the SDK.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private ChildProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public static ChildProcess Start(params string[] arguments)
    {
        var dll = Path.Combine(AppContext.BaseDirectory, "Mlops.Tracking.Child.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(dll);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>The next line that it prints; fails the test with what it said if it ends before.</summary>
    public async Task<string> ReadLineAsync()
    {
        using var patience = new CancellationTokenSource(Rig.Patience);
        return await _process.StandardOutput.ReadLineAsync(patience.Token)
            ?? throw new InvalidOperationException($"The child ended early: {await _errors}");
    }

    public Task WriteLineAsync(string line) => _process.StandardInput.WriteLineAsync(line);

    /// <summary>Waits for its end, which must be a good one.</summary>
    public async Task JoinAsync()
    {
        using var patience = new CancellationTokenSource(Rig.Patience);
        await _process.WaitForExitAsync(patience.Token);
        var errors = await _errors;
        Assert.True(_process.ExitCode == 0, $"The child ended with {_process.ExitCode}: {errors}");
    }

    /// <summary>SIGKILL; false if it had ended by itself.</summary>
    public bool Kill()
    {
        if (_process.HasExited)
            return false;
        _process.Kill();
        _process.WaitForExit();
        return _process.ExitCode == 137 || OperatingSystem.IsWindows();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
