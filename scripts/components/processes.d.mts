export const freePorts: (count: number) => Promise<number[]>
export const faultsIn: (file: string, count?: number) => string
