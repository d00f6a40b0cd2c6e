// Fails every test file where the tests run on another Node than the one that was asked for, so that a run which is meant for
// Node 26 is never quietly one on 24.

const wanted = process.env.SALLYPORT_EXPECT_NODE
const { node } = process.versions

if (wanted !== undefined && node.split('.')[0] !== wanted) {
  throw new Error(
    `run the tests: SALLYPORT_EXPECT_NODE asks for Node ${wanted}, and this is ${node} at ${process.execPath}`,
  )
}
