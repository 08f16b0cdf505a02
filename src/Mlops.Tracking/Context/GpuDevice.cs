namespace Mlops.Tracking;

/// <summary>A GPU that the driver knows.</summary>
/// <param name="Name">Its model.</param>
/// <param name="MemoryBytes">Its memory in all; 0 if the driver does not say.</param>
internal sealed record GpuDevice(string Name, long MemoryBytes);
