/** On everything that this kubelet makes, for finding what an aborted run has left. */
export const label = 'fastchat-kubelet'
