/** The label of everything that this kubelet creates. It finds the remains of an aborted run. */
export const label = 'fastchat-kubelet'
