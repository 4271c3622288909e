export { openSignal, type SignalEpoch, sealSignal, signalKeyBytes, signalKeyLabel } from './signal-body.ts'
